/**
 * Assembles a WebAssembly module: types, imports, functions, globals, exports, data and a name section
 * (so that profiles and stack traces show function names). A function's index is fixed when it is
 * declared, so functions may call each other in any order; imports come first. There are no tables,
 * and the memory is always imported.
 */
import { ByteWriter } from './byte-writer.ts';
import {
  type Callable,
  FunctionBuilder,
  type Global,
  type Signature,
  type ValueType,
  valueTypes,
} from './function-builder.ts';

export interface MemoryLimits {
  /** Pages of 64 KiB. */
  readonly min: number;
  readonly max?: number;
  readonly shared?: boolean;
}

export interface FunctionOptions extends Signature {
  readonly exportAs?: string;
}

export interface GlobalOptions {
  readonly mutable?: boolean;
  readonly exportAs?: string;
}

const exportKinds = { func: 0, global: 3 } as const;

/** A module under construction; `bytes()` may be called once everything has been emitted. */
export class ModuleBuilder {
  readonly #types = new Map<string, number>();
  readonly #typeSection = new ByteWriter();
  readonly #imports = new ByteWriter();
  readonly #exports = new ByteWriter();
  readonly #globals = new ByteWriter();
  readonly #data = new ByteWriter();
  readonly #functions: FunctionBuilder[] = [];
  readonly #functionTypes = new ByteWriter();
  #importCount = 0;
  #importedFunctions = 0;
  #exportCount = 0;
  #globalCount = 0;
  #dataCount = 0;

  /** Imports the memory that all loads and stores use. */
  importMemory(module: string, field: string, limits: MemoryLimits): void {
    this.#import(module, field);
    this.#imports.u8(2);
    this.#imports.u8((limits.max === undefined ? 0 : 1) | (limits.shared ? 2 : 0));
    this.#imports.u32(limits.min);
    if (limits.max !== undefined) this.#imports.u32(limits.max);
  }

  /** Imports a function; must precede every `func`. */
  importFunc(module: string, field: string, signature: Signature): Callable {
    if (this.#functions.length > 0) {
      throw new Error(`@rheo/backend-wasm: import ${module}.${field} must be declared before the first function`);
    }
    this.#import(module, field);
    this.#imports.u8(0);
    this.#imports.u32(this.#type(signature));
    return { index: this.#importedFunctions++ };
  }

  /** A global with a constant initial value. */
  global(type: 'i32' | 'f32' | 'f64', value: number, options: GlobalOptions = {}): Global {
    this.#globals.u8(valueTypes[type]);
    this.#globals.u8(options.mutable ? 1 : 0);
    if (type === 'i32') {
      this.#globals.u8(0x41);
      this.#globals.s32(value);
    } else if (type === 'f32') {
      this.#globals.u8(0x43);
      this.#globals.f32(value);
    } else {
      this.#globals.u8(0x44);
      this.#globals.f64(value);
    }
    this.#globals.u8(0x0b);
    const index = this.#globalCount++;
    if (options.exportAs !== undefined) this.#export(options.exportAs, 'global', index);
    return { index, type };
  }

  /** Declares a function; its body is written through the builder at any later time. */
  func(name: string, options: FunctionOptions): FunctionBuilder {
    const index = this.#importedFunctions + this.#functions.length;
    const builder = new FunctionBuilder(index, name, options.params);
    this.#functions.push(builder);
    this.#functionTypes.u32(this.#type(options));
    if (options.exportAs !== undefined) this.#export(options.exportAs, 'func', index);
    return builder;
  }

  /** Bytes copied to a fixed address when the module is instantiated. */
  data(address: number, bytes: ArrayLike<number>): void {
    this.#dataCount++;
    this.#data.u8(0);
    this.#data.u8(0x41);
    this.#data.s32(address);
    this.#data.u8(0x0b);
    this.#data.u32(bytes.length);
    this.#data.raw(bytes);
  }

  /** The finished module, ready for `WebAssembly.compile`. */
  bytes(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter(65536);
    out.raw([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    section(out, 1, this.#types.size, this.#typeSection);
    section(out, 2, this.#importCount, this.#imports);
    section(out, 3, this.#functions.length, this.#functionTypes);
    section(out, 6, this.#globalCount, this.#globals);
    section(out, 7, this.#exportCount, this.#exports);
    const code = new ByteWriter(65536);
    for (const builder of this.#functions) builder.writeTo(code);
    section(out, 10, this.#functions.length, code);
    section(out, 11, this.#dataCount, this.#data);
    this.#names(out);
    return out.view().slice();
  }

  #names(out: ByteWriter): void {
    const map = new ByteWriter();
    map.u32(this.#functions.length);
    for (const { index, name } of this.#functions) {
      map.u32(index);
      map.name(name);
    }
    const custom = new ByteWriter();
    custom.name('name');
    custom.u8(1);
    custom.sized(map);
    out.u8(0);
    out.sized(custom);
  }

  #import(module: string, field: string): void {
    this.#importCount++;
    this.#imports.name(module);
    this.#imports.name(field);
  }

  #export(name: string, kind: keyof typeof exportKinds, index: number): void {
    this.#exportCount++;
    this.#exports.name(name);
    this.#exports.u8(exportKinds[kind]);
    this.#exports.u32(index);
  }

  #type({ params, results }: Signature): number {
    const key = `${params}:${results}`;
    const known = this.#types.get(key);
    if (known !== undefined) return known;
    const index = this.#types.size;
    this.#types.set(key, index);
    this.#typeSection.u8(0x60);
    for (const list of [params, results]) {
      this.#typeSection.u32(list.length);
      for (const type of list) this.#typeSection.u8(valueTypes[type satisfies ValueType]);
    }
    return index;
  }
}

function section(out: ByteWriter, id: number, count: number, content: ByteWriter): void {
  if (count === 0) return;
  const head = new ByteWriter(8);
  head.u32(count);
  out.u8(id);
  out.u32(head.length + content.length);
  out.raw(head.view());
  out.raw(content.view());
}
