/** Horner's scheme on f32x4, without fused multiply-add so that every machine rounds alike. */
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { ConstantPool } from './constant-pool.ts';

/** Pushes c[n]·xⁿ + … + c[0]; coefficients are given from the lowest power up. */
export function emitPolynomial(f: FunctionBuilder, constants: ConstantPool, x: Local, c: readonly number[]): void {
  for (let power = c.length - 1; power >= 0; power--) {
    constants.get(f, c[power] ?? 0);
    if (power < c.length - 1) f.op('f32x4.add');
    if (power === 0) break;
    f.get(x);
    f.op('f32x4.mul');
  }
}
