/**
 * Writes HDF5 files of the form that h5py writes by default: superblock 0, groups as symbol tables, contiguous float32.
 */

/** A tree: groups are objects, arrays have a shape. */
export interface Hdf5Tree {
  readonly [name: string]: Hdf5Tree | Hdf5Array;
}

export interface Hdf5Array {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

const nowhere = 0xffff_ffff_ffff_ffffn;

/** The bytes of a file. */
export function writeHdf5(root: Hdf5Tree): Uint8Array {
  const file = new Growing();
  file.reserve(96);
  const { header, tree, heap } = writeGroup(file, root);
  const start = new Growing();
  start.bytes(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, 0).u16(4).u16(16).u32(0);
  start.u64(0).u64(nowhere).u64(file.length).u64(nowhere).u64(0).u64(header).u32(1).u32(0).u64(tree).u64(heap);
  return file.patch(0, start.done()).done();
}

function isArray(member: Hdf5Tree | Hdf5Array): member is Hdf5Array {
  return Array.isArray(member['shape']);
}

function writeGroup(file: Growing, group: Hdf5Tree): { header: number; tree: number; heap: number } {
  const names = Object.keys(group).sort();
  const addresses = names.map((name) => {
    const member = group[name] as Hdf5Tree | Hdf5Array;
    return isArray(member) ? writeArray(file, member) : writeGroup(file, member).header;
  });
  const texts = new Growing().u64(0);
  const offsets = names.map((name) => {
    const at = texts.length;
    texts.bytes(...new TextEncoder().encode(name), 0).align();
    return at;
  });
  const data = file.put(texts);
  const heap = file.put(new Growing().ascii('HEAP').u32(0).u64(texts.length).u64(nowhere).u64(data));
  const symbols = new Growing().ascii('SNOD').bytes(1, 0).u16(names.length);
  names.forEach((_, index) => {
    symbols
      .u64(offsets[index] ?? 0)
      .u64(addresses[index] ?? 0)
      .u64(0)
      .u64(0)
      .u64(0);
  });
  const node = file.put(symbols);
  const tree = file.put(
    new Growing()
      .ascii('TREE')
      .bytes(0, 0)
      .u16(1)
      .u64(nowhere)
      .u64(nowhere)
      .u64(0)
      .u64(node)
      .u64(offsets.at(-1) ?? 0),
  );
  return { header: writeHeader(file, [[0x11, new Growing().u64(tree).u64(heap)]]), tree, heap };
}

function writeArray(file: Growing, { shape, data }: Hdf5Array): number {
  const numbers = new Uint8Array(Float32Array.from(data).buffer);
  const at = file.put(new Growing().append(numbers));
  const space = new Growing().bytes(1, shape.length, 0, 0).u32(0);
  for (const size of shape) space.u64(size);
  const float = new Growing().bytes(0x11, 0x20, 0x1f, 0).u32(4).u16(0).u16(32).bytes(23, 8, 0, 23).u32(127);
  const layout = new Growing().bytes(3, 1).u64(at).u64(numbers.length).align();
  return writeHeader(file, [
    [0x01, space],
    [0x03, float.align()],
    [0x08, layout],
  ]);
}

function writeHeader(file: Growing, messages: readonly (readonly [number, Growing])[]): number {
  const body = new Growing();
  for (const [type, message] of messages) {
    body.u16(type).u16(message.length).u32(0).append(message.done());
  }
  return file.put(new Growing().bytes(1, 0).u16(messages.length).u32(1).u32(body.length).u32(0).append(body.done()));
}

/** Bytes that grow, little-endian. */
class Growing {
  #parts: number[] = [];

  get length(): number {
    return this.#parts.length;
  }

  bytes(...values: readonly number[]): this {
    this.#parts.push(...values);
    return this;
  }

  append(values: Uint8Array): this {
    for (const value of values) this.#parts.push(value);
    return this;
  }

  ascii(text: string): this {
    return this.bytes(...new TextEncoder().encode(text));
  }

  u16(value: number): this {
    return this.bytes(value & 255, value >>> 8);
  }

  u32(value: number): this {
    return this.u16(value & 0xffff).u16(value >>> 16);
  }

  u64(value: number | bigint): this {
    const wide = BigInt(value);
    return this.u32(Number(wide & 0xffff_ffffn)).u32(Number(wide >> 32n));
  }

  align(): this {
    while (this.length % 8 !== 0) this.#parts.push(0);
    return this;
  }

  reserve(count: number): this {
    return this.bytes(...new Uint8Array(count));
  }

  patch(at: number, values: Uint8Array): this {
    values.forEach((value, index) => {
      this.#parts[at + index] = value;
    });
    return this;
  }

  /** Adds a part at an aligned place and gives its address. */
  put(part: Growing): number {
    this.align();
    const at = this.length;
    this.append(part.done());
    return at;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }
}
