/**
 * Reads what `torch.save(model.state_dict(), path)` writes: a ZIP archive with one pickle and the storages beside it.
 *
 * The pickle may name what tensors are rebuilt with, the storage types, and OrderedDict: nothing else. A file that holds
 * a whole model, or an optimiser with classes of its own, is refused with the name that it refers to. Training
 * checkpoints that keep the state dictionary inside of another dictionary are understood.
 */

import type { ZipEntry } from '@rheo/data';
import { readZip } from '@rheo/data';
import type { FileTensor } from './file-tensor.ts';
import { countOf } from './file-tensor.ts';
import type { Fail } from './import-error.ts';
import { nameList, printable } from './import-error.ts';
import { readPickle } from './pickle-reader.ts';
import type { PickleName } from './pickle-values.ts';
import { PickleGlobal, PickleTuple } from './pickle-values.ts';
import type { TorchStorage, UnnamedTensor } from './strided-tensor.ts';
import { storageTypes, stridedTensor } from './strided-tensor.ts';

/** True if the ZIP archive is one of PyTorch. */
export function isTorchArchive(names: readonly string[]): boolean {
  return names.some((name) => name.endsWith('/data.pkl'));
}

/** The tensors of a state dictionary, in its order. Throws `format`. */
export function readTorchFile(bytes: Uint8Array, file: string, fail: Fail): FileTensor[] {
  const entries = readZip(bytes, { file });
  const pickle = entries.find(({ name }) => name.endsWith('/data.pkl'));
  if (pickle === undefined) throw fail('the archive has no data.pkl');
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const order = byName.get(`${folder}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order.data) !== 'little') {
    throw fail('its numbers are big-endian', { remedy: 'Save it again on a little-endian machine' });
  }
  const root = readPickle(pickle.data, hooksFor(byName, folder, fail), fail);
  const tensors = stateDictionary(root, fail);
  checkAmount(tensors, fail);
  return tensors.map(([name, { shape, dtype, read }]) => ({ name, shape, dtype, read }));
}

/** Marks a tensor among the values of a pickle. */
class TensorValue {
  readonly tensor: UnnamedTensor;

  constructor(tensor: UnnamedTensor) {
    this.tensor = tensor;
  }
}

/** Marks a storage. */
class StorageValue {
  readonly storage: TorchStorage;

  constructor(storage: TorchStorage) {
    this.storage = storage;
  }
}

function hooksFor(
  entries: ReadonlyMap<string, ZipEntry>,
  folder: string,
  fail: Fail,
): Parameters<typeof readPickle>[1] {
  return {
    allow: (global) => {
      const { module, name } = global;
      if (calls.has(`${module}.${name}`) || storageTypeOf(global) !== undefined) return;
      throw fail(`the pickle refers to code: ${printable(`${module}.${name}`)}`, {
        remedy:
          'Nothing of it was run. Save the tensors alone, torch.save(model.state_dict(), path), or as safetensors; ' +
          'do not load the file in Python if its origin cannot be trusted',
      });
    },
    call: ({ module, name }, args) => {
      const call = calls.get(`${module}.${name}`);
      if (call === undefined) throw fail(`the pickle calls ${printable(`${module}.${name}`)}`);
      return call(args, fail);
    },
    persistent: (id) => new StorageValue(storageOf(id, entries, folder, fail)),
  };
}

type Call = (args: readonly unknown[], fail: Fail) => unknown;

const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['collections.OrderedDict', () => new Map()],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  [
    'torch._utils._rebuild_parameter',
    ([data], fail) => {
      if (data instanceof TensorValue) return data;
      throw fail('a parameter holds no tensor');
    },
  ],
  ['torch.Size', ([sizes]) => sizes],
]);

function rebuildTensor(args: readonly unknown[], fail: Fail): TensorValue {
  const [storage, offset, sizes, strides] = args;
  if (!(storage instanceof StorageValue && sizes instanceof PickleTuple && strides instanceof PickleTuple)) {
    throw fail('a tensor lacks its storage, sizes or strides');
  }
  return new TensorValue(stridedTensor(storage.storage, offset, sizes.items, strides.items, fail));
}

/** ('storage', torch.FloatStorage, key, device, number of elements) */
function storageOf(id: unknown, entries: ReadonlyMap<string, ZipEntry>, folder: string, fail: Fail): TorchStorage {
  const [kind, type, key, , count] = id instanceof PickleTuple ? id.items : [];
  const dtype = type instanceof PickleGlobal ? storageTypeOf(type.global) : undefined;
  if (kind !== 'storage' || dtype === undefined || typeof key !== 'string') {
    throw fail('a storage of the pickle is described wrongly');
  }
  const entry = entries.get(`${folder}data/${key}`);
  if (entry === undefined) throw fail('the storage of a tensor is missing', { at: `data/${key}` });
  if (typeof count !== 'number' || count * dtype.size !== entry.data.length) {
    throw fail(`${String(count)} numbers of ${dtype.name} are announced, there are ${entry.data.length} bytes`, {
      at: `data/${key}`,
    });
  }
  return { dtype, bytes: entry.data };
}

function storageTypeOf({ module, name }: PickleName): (typeof storageTypes)[keyof typeof storageTypes] | undefined {
  if (module !== 'torch' && module !== 'torch.storage') return undefined;
  return Object.hasOwn(storageTypes, name) ? storageTypes[name as keyof typeof storageTypes] : undefined;
}

type Named = readonly [name: string, tensor: UnnamedTensor];

/** The dictionary itself if it has tensors alone; else the one dictionary inside of it that has, and has the most. */
function stateDictionary(root: unknown, fail: Fail): Named[] {
  const own = namedTensors(root);
  if (own !== undefined) return own;
  if (!(root instanceof Map)) {
    const what = root instanceof TensorValue ? 'a single tensor' : 'no dictionary of tensors';
    throw fail(`it holds ${what}`, { remedy: 'Save torch.save(model.state_dict(), path)' });
  }
  const inner = [...root].flatMap(([key, value]) => {
    const tensors = namedTensors(value);
    return tensors === undefined ? [] : [{ key: String(key), tensors }];
  });
  const [only, ...others] = inner;
  if (only === undefined) {
    throw fail('it holds no dictionary with tensors alone', { remedy: 'Save torch.save(model.state_dict(), path)' });
  }
  if (others.length > 0) {
    throw fail(`it holds several dictionaries of tensors: ${nameList(inner.map(({ key }) => key))}`, {
      remedy: 'Save one of them: torch.save(model.state_dict(), path)',
    });
  }
  return only.tensors;
}

function namedTensors(value: unknown): Named[] | undefined {
  if (!(value instanceof Map) || value.size === 0) return undefined;
  const named: Named[] = [];
  for (const [name, item] of value) {
    if (typeof name !== 'string' || !(item instanceof TensorValue)) return undefined;
    named.push([name, item.tensor]);
  }
  return named;
}

/** Tensors may share storage (tied weights), but a small file may not become many large tensors. */
function checkAmount(tensors: readonly Named[], fail: Fail): void {
  const storages = new Set(tensors.map(([, { storage }]) => storage.bytes));
  let stored = 0;
  for (const bytes of storages) stored += bytes.length;
  const announced = tensors.reduce((sum, [, { shape, storage }]) => sum + countOf(shape) * storage.dtype.size, 0);
  if (announced > 8 * stored) {
    throw fail(`its tensors would take ${announced} bytes, but only ${stored} are stored`, {
      remedy: 'Clone tensors that share memory before saving them',
    });
  }
}
