/**
 * The groups and arrays of an HDF5 file of weights, read by jsfive within the bounds of a guard.
 *
 * Promises: every object is visited once, groups at most 32 deep, arrays in one uncompressed piece that lies inside the
 * file. Refused: soft links, chunks and filters, object headers of the newer form; h5py and Keras write none of them
 * unless asked to. Attributes are not looked at.
 */

/// <reference path="./jsfive.d.ts" />
import type { NdArray } from '@rheo/data';
import { Dataset, File, Group } from 'jsfive';
import type { FileTensor } from './file-tensor.ts';
import { countOf, shapeText } from './file-tensor.ts';
import { GuardedBuffer, Hdf5Fault } from './hdf5-guard.ts';
import type { Fail } from './import-error.ts';
import { printable } from './import-error.ts';

/** A group with its members by name. */
export interface Hdf5Group {
  readonly path: string;
  readonly groups: ReadonlyMap<string, Hdf5Group>;
  readonly arrays: ReadonlyMap<string, FileTensor>;
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const maximumDepth = 32;
const maximumObjects = 100_000;
const inOnePiece = 'Save the weights again with model.save_weights, without compression';

/** True if the bytes begin as an HDF5 file does. */
export function isHdf5(bytes: Uint8Array): boolean {
  return signature.every((byte, index) => bytes[index] === byte);
}

/** Reads the tree of groups. Throws `format`, naming the object. */
export function readHdf5(bytes: Uint8Array, fail: Fail): Hdf5Group {
  const buffer = new GuardedBuffer(bytes);
  const walk: Walk = { buffer, view: new DataView(buffer), seen: new Set(), fail };
  return guarded('/', fail, () => {
    if (bytes.length < 96) throw new Hdf5Fault('it is cut off');
    if (bytes[8] !== 0) throw new Hdf5Fault(`its superblock is of version ${bytes[8]}`, true);
    // Where the entry of the root group has the address of its header.
    enter(walk, Number(walk.view.getBigUint64(64, true)));
    return readGroup(walk, new File(buffer, 'weights'), '', 0);
  });
}

interface Walk {
  readonly buffer: GuardedBuffer;
  readonly view: DataView;
  readonly seen: Set<number>;
  readonly fail: Fail;
}

/** Counts an object before jsfive opens it. */
function enter({ buffer, view, seen }: Walk, address: number): void {
  if (seen.has(address)) throw new Hdf5Fault('two names lead to one object');
  seen.add(address);
  if (seen.size > maximumObjects) throw new Hdf5Fault(`it has more than ${maximumObjects} objects`);
  if (!(address >= 0 && address + 16 <= view.byteLength)) {
    throw new Hdf5Fault('an address lies outside of the file: it is cut off or damaged');
  }
  const version = view.getUint8(address);
  if (version !== 1) throw new Hdf5Fault('it has object headers that are damaged or of a newer form', true);
  // Each message of the header takes 8 bytes at least.
  buffer.charge(8 * view.getUint16(address + 2, true));
}

function readGroup(walk: Walk, group: Group, path: string, depth: number): Hdf5Group {
  if (depth > maximumDepth) throw new Hdf5Fault(`its groups are nested more than ${maximumDepth} deep`);
  const groups = new Map<string, Hdf5Group>();
  const arrays = new Map<string, FileTensor>();
  for (const name of group.keys) {
    const own = `${path}/${name}`;
    guarded(own, walk.fail, () => {
      if (name === '' || name === '.' || name.includes('/')) throw new Hdf5Fault('its name is not allowed');
      const address = group._links[name];
      if (typeof address !== 'number') throw new Hdf5Fault('it is a soft link');
      enter(walk, address);
      const member = group.get(name);
      if (member instanceof Group) groups.set(name, readGroup(walk, member, own, depth + 1));
      else if (member instanceof Dataset) arrays.set(name, tensorOf(walk, member, own));
      else throw new Hdf5Fault('it is neither group nor array');
    });
  }
  return { path, groups, arrays };
}

/** Element types by what jsfive calls them, with bytes of an element. */
const elementTypes: Readonly<Record<string, { readonly name: string; readonly size: number }>> = {
  '<f4': { name: 'float32', size: 4 },
  '<f8': { name: 'float64', size: 8 },
  '<f2': { name: 'float16', size: 2 },
  '<i4': { name: 'int32', size: 4 },
  '<i8': { name: 'int64', size: 8 },
};

function tensorOf(walk: Walk, dataset: Dataset, path: string): FileTensor {
  const { fail } = walk;
  const shape = [...dataset.shape];
  const code = String(dataset.dtype);
  const type = Object.hasOwn(elementTypes, code) ? elementTypes[code] : undefined;
  const name = path.slice(1);
  const dtype = type?.name ?? printable(code, 40);
  if (type === undefined) {
    const read = (): never => {
      throw fail(`its elements are ${dtype}`, { code: 'dtype', at: name, remedy: 'Save the weights as float32' });
    };
    return { name, shape, dtype, read };
  }
  if (dataset._dataobjects.chunks !== null) {
    throw fail('it is stored in chunks', { at: name, remedy: inOnePiece });
  }
  const count = countOf(shape);
  if (!(count * type.size <= walk.view.byteLength)) {
    throw new Hdf5Fault(`its shape ${shapeText(shape)} is larger than the file: it is cut off or damaged`);
  }
  const read = (): NdArray =>
    guarded(path, fail, () => {
      walk.buffer.charge(count * type.size);
      const values = dataset.value;
      if (values.length !== count) throw new Hdf5Fault(`it has ${values.length} numbers for ${shapeText(shape)}`);
      // jsfive gives numbers for every type; integers beyond 2^53 are refused where they become float32.
      if (type.name === 'float32' || type.name === 'float16') {
        return { dtype: 'f32', shape, data: Float32Array.from(values as number[]) };
      }
      return { dtype: 'f64', shape, data: Float64Array.from(values as number[]) };
    });
  return { name, shape, dtype, read };
}

/** Turns what jsfive throws (texts, range errors, stack overflows) into errors that name the object. */
function guarded<T>(path: string, fail: Fail, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'RheoError') throw cause;
    const fault = cause instanceof Hdf5Fault ? cause : undefined;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw fail(`the HDF5 file cannot be read: ${fault?.message ?? said}`, {
      at: path,
      cause,
      ...(fault?.newer === true
        ? { remedy: 'Save the weights again with h5py of the default settings: model.save_weights("model.weights.h5")' }
        : {}),
    });
  }
}
