/**
 * Writes the one pickle that state dictionaries need (protocol 2): an OrderedDict of float32 tensors, each rebuilt from a
 * storage that lies beside the pickle, as `torch.save` writes it. Nothing else can be written, so nothing else is read:
 * the names in it are those that PyTorch's own restricted reader (`weights_only=True`) allows.
 */

import { opcodes } from '../pickle-opcodes.ts';

/** A tensor as the pickle describes it; its numbers are the storage of its place in the list. */
export interface PickledTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The pickle of a state dictionary whose tensors are dense, row-major, each the whole of storage `0`, `1`, `2` … */
export function pickleStateDict(tensors: readonly PickledTensor[]): Uint8Array {
  const writer = new PickleWriter();
  writer.op('PROTO').byte(2);
  writer.emptyOrderedDict().op('MARK');
  tensors.forEach(({ name, shape }, index) => {
    writer.text(name).global('torch._utils', '_rebuild_tensor_v2').op('MARK');
    writer.op('MARK').text('storage').global('torch', 'FloatStorage').text(String(index)).text('cpu');
    writer.integer(elements(shape)).op('TUPLE').op('BINPERSID');
    // Offset, sizes, strides, requires_grad, hooks.
    writer.integer(0).tuple(shape).tuple(stridesOf(shape)).op('NEWFALSE').emptyOrderedDict().op('TUPLE').op('REDUCE');
  });
  writer.op('SETITEMS').op('STOP');
  return writer.bytes();
}

const bytesByName: ReadonlyMap<string, number> = new Map([...opcodes].map(([byte, name]) => [name, byte]));

class PickleWriter {
  private readonly out: number[] = [];

  op(name: string): this {
    const byte = bytesByName.get(name);
    if (byte === undefined) throw new Error(`there is no opcode ${name}`);
    return this.byte(byte);
  }

  byte(value: number): this {
    this.out.push(value);
    return this;
  }

  /** A natural number below 2³¹. */
  integer(value: number): this {
    return this.op('BININT').word(value);
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    this.op('BINUNICODE').word(bytes.length);
    for (const byte of bytes) this.byte(byte);
    return this;
  }

  global(module: string, name: string): this {
    this.op('GLOBAL');
    for (const byte of new TextEncoder().encode(`${module}\n${name}\n`)) this.byte(byte);
    return this;
  }

  emptyOrderedDict(): this {
    return this.global('collections', 'OrderedDict').op('EMPTY_TUPLE').op('REDUCE');
  }

  tuple(values: readonly number[]): this {
    this.op('MARK');
    for (const value of values) this.integer(value);
    return this.op('TUPLE');
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.out);
  }

  private word(value: number): this {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 0xff);
    return this;
  }
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elements(shape.slice(axis + 1)));
}
