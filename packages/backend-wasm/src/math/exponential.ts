/**
 * exp, expm1 and logistic on f32x4: x = n·ln 2 + r with ln 2 in two parts (n·high is exact), a polynomial
 * in r, and 2ⁿ written into the exponent bits. n comes from adding 1.5·2²³: the low bits of the sum are n
 * plus whatever bias the addend carries. Clamps are written `pmin(x, high)`: that order keeps NaN.
 */
import { coefficients } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { ConstantPool } from './constant-pool.ts';
import { emitPolynomial } from './polynomial.ts';

const magic = 1.5 * 2 ** 23;

/**
 * Takes x from local `x`; pushes nothing. Leaves r in `x` and 2^(n+shift) in `scale`, where
 * x = n·step·ln 2 + r and |r| ≤ step·ln 2 / 2. Needs −127 < n + shift < 128.
 */
function emitReduction(
  f: FunctionBuilder,
  constants: ConstantPool,
  x: Local,
  scale: Local,
  step: 1 | 2,
  shift: number,
): void {
  const n = f.local('v128');
  const bias = magic + 127 + shift;
  f.get(x);
  constants.get(f, Math.LOG2E / step);
  f.op('f32x4.mul');
  constants.get(f, bias);
  f.op('f32x4.add');
  f.tee(scale);
  constants.get(f, bias);
  f.op('f32x4.sub');
  f.set(n);
  f.get(x);
  for (const part of [coefficients.ln2High, coefficients.ln2Low]) {
    f.get(n);
    constants.get(f, step * part);
    f.op('f32x4.mul');
    f.op('f32x4.sub');
  }
  f.set(x);
  f.get(scale);
  f.i32Const(23);
  f.op('i32x4.shl');
  f.set(scale);
  f.free(n);
}

/** exp, within 3.3 ulp of every float: overflow gives inf, results below 2^−126 are rounded once, as denormals. */
export function emitExp(f: FunctionBuilder, constants: ConstantPool): void {
  const x = f.local('v128');
  const scale = f.local('v128');
  constants.get(f, 89);
  f.op('f32x4.pmin');
  constants.get(f, -104);
  f.op('f32x4.pmax');
  f.set(x);
  // exp(x/2) never leaves the normal range, and squaring it scales and rounds in one multiplication.
  emitReduction(f, constants, x, scale, 2, 0);
  emitPolynomial(f, constants, x, coefficients.expHalf);
  f.get(scale);
  f.op('f32x4.mul');
  f.tee(x);
  f.get(x);
  f.op('f32x4.mul');
  f.free(x, scale);
}

/** expm1, within 2.2 ulp: exact sign and value for tiny x, −1 far to the left. */
export function emitExpm1(f: FunctionBuilder, constants: ConstantPool): void {
  const input = f.local('v128');
  const x = f.local('v128');
  const half = f.local('v128');
  f.tee(input);
  constants.get(f, 88.9);
  f.op('f32x4.pmin');
  constants.get(f, -20);
  f.op('f32x4.pmax');
  f.set(x);
  // Everything is halved, since 2^128 is not a float but expm1(88.5) is.
  emitReduction(f, constants, x, half, 1, -1);
  emitPolynomial(f, constants, x, coefficients.expm1OverR);
  f.get(x);
  f.op('f32x4.mul');
  f.get(half);
  f.op('f32x4.mul');
  f.get(half);
  constants.get(f, 0.5);
  f.op('f32x4.sub');
  f.op('f32x4.add');
  f.tee(x);
  f.get(x);
  f.op('f32x4.add');
  f.get(input);
  f.get(input);
  f.op('f32x4.abs');
  constants.get(f, 2 ** -25);
  f.op('f32x4.ge');
  f.op('v128.bitselect');
  f.free(input, x, half);
}

/** logistic 1/(1 + exp(−x)), within 3.6 ulp: relatively accurate down to the denormals of exp(x). */
export function emitLogistic(f: FunctionBuilder, constants: ConstantPool): void {
  const input = f.local('v128');
  const x = f.local('v128');
  const scale = f.local('v128');
  f.tee(input);
  constants.get(f, -(2 ** 31), 'i32');
  f.op('v128.or');
  constants.get(f, -104);
  f.op('f32x4.pmax');
  f.set(x);
  // e = exp(−|x|) ≤ 1, so 2^(n+64) is always a normal float and one more factor reaches the denormals.
  emitReduction(f, constants, x, scale, 1, 64);
  emitPolynomial(f, constants, x, coefficients.expOfR);
  f.get(scale);
  f.op('f32x4.mul');
  constants.get(f, 2 ** -64);
  f.op('f32x4.mul');
  f.set(x);
  const one = scale;
  constants.get(f, 1);
  f.set(one);
  f.get(x);
  f.get(one);
  f.get(input);
  f.i32Const(31);
  f.op('i32x4.shr_s');
  f.op('v128.bitselect');
  f.get(one);
  f.get(x);
  f.op('f32x4.add');
  f.op('f32x4.div');
  f.free(input, x, scale);
}
