/**
 * Where vector constants come from. An emitter asks for a splat with `constants.get(f, value)`, and the code
 * generator decides how it is made: an immediate, a load from a table in memory, or a local filled before
 * the loop. Equal bit patterns share one entry. This file does not choose for the caller.
 *
 * Measured, ns per element over 4096 floats in cache (x64, V8 11.3, optimising tier):
 *                       exp   expm1  logistic  log   log1p  sin   tanh  erf
 *   immediates          0.80  0.97   0.89      1.40  1.26   1.14  0.61  0.73
 *   memory              0.90  1.11   1.03      1.51  1.40   1.18  0.65  0.78
 *   4 in locals         1.10  1.00   0.96      1.47  1.33   1.11  0.60  0.74
 *   8 in locals         0.99  0.96   0.91      1.44  1.27   1.15  0.60  0.73
 *   16 in locals        0.78  0.96   0.89      1.44  1.26   1.14  0.59  0.73
 * Immediates are as fast as locals here (the engine hoists or rebuilds them cheaply) and cost 18 bytes a use.
 */
import { FunctionBuilder, type Local } from '../assembler/function-builder.ts';

/** Pushes v128 splats of 32-bit constants. */
export interface ConstantPool {
  /** Pushes `value` in all four lanes: rounded to f32 (default), or as an i32. */
  get(f: FunctionBuilder, value: number, type?: 'f32' | 'i32'): void;
}

/** A pool that fills a table of 16-byte splats. */
export interface MemoryConstants extends ConstantPool {
  /** The table as asked for so far; the caller puts it at `base` (16-byte aligned), e.g. as a data segment. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/** A pool whose constants lie in locals of one function. */
export interface HoistedConstants extends ConstantPool {
  /** Gives the locals back; call it after the loop. */
  release(): void;
}

const float = /* @__PURE__ */ new Float32Array(1);
const integer = /* @__PURE__ */ new Int32Array(float.buffer);

function bitsOf(value: number, type: 'f32' | 'i32' = 'f32'): number {
  if (type === 'i32') return value | 0;
  float[0] = value;
  return integer[0] ?? 0;
}

/** Immediates (`v128.const`). */
export const inlineConstants: ConstantPool = {
  get: (f, value, type) => f.i32x4Splat(bitsOf(value, type)),
};

/** Loads from a table at the absolute address `base`, which `bytes()` describes once all code is emitted. */
export function memoryConstants(base: number): MemoryConstants {
  const slots = new Map<number, number>();
  return {
    get(f, value, type) {
      const bits = bitsOf(value, type);
      const slot = slots.get(bits) ?? slots.size;
      slots.set(bits, slot);
      f.i32Const(0);
      f.load('v128.load', { offset: base + 16 * slot });
    },
    bytes() {
      const table = new Int32Array(slots.size * 4);
      for (const [bits, slot] of slots) table.fill(bits, slot * 4, slot * 4 + 4);
      return new Uint8Array(table.buffer);
    },
  };
}

/**
 * Emits, before a loop, the loads of the constants that `emit` will ask for, at most `limit` of them (in
 * order of first use); the rest still comes from `source`. `emit` is run once on a scratch function to see
 * what it uses. Sixteen vector registers are shared with the loop's own values; the engine spills what is too much.
 */
export function hoistedConstants(
  f: FunctionBuilder,
  source: ConstantPool,
  emit: (scratch: FunctionBuilder, pool: ConstantPool) => void,
  limit = 8,
): HoistedConstants {
  const locals = new Map<number, Local>();
  const scratch = new FunctionBuilder(0, 'scratch', []);
  emit(scratch, {
    get(_, value, type) {
      const bits = bitsOf(value, type);
      if (locals.has(bits) || locals.size >= limit) return;
      const local = f.local('v128');
      locals.set(bits, local);
      source.get(f, bits, 'i32');
      f.set(local);
    },
  });
  return {
    get(g, value, type) {
      const local = locals.get(bitsOf(value, type));
      if (local) g.get(local);
      else source.get(g, value, type);
    },
    release() {
      f.free(...locals.values());
      locals.clear();
    },
  };
}
