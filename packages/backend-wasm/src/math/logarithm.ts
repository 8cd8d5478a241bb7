/**
 * log and log1p on f32x4: the argument is 2^k·(1 + t) with 1 + t in [√½, √2), and
 * log(1 + t) = t + t²·P(t) with P(0) = −½. Signed zero survives in log1p because only −k enters, subtracted,
 * and both parts of ln 2 are positive.
 */
import { coefficients } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { ConstantPool } from './constant-pool.ts';
import { emitPolynomial } from './polynomial.ts';

const sqrtHalfBits = 0x3f3504f3;
const oneBits = 0x3f800000;

/** Pushes log(1 + t) − minusK·ln 2. */
function emitCore(f: FunctionBuilder, constants: ConstantPool, t: Local, minusK: Local): void {
  f.get(t);
  f.get(t);
  f.get(t);
  f.op('f32x4.mul');
  emitPolynomial(f, constants, t, coefficients.log1pOverSquare);
  f.op('f32x4.mul');
  f.get(minusK);
  constants.get(f, coefficients.ln2Low);
  f.op('f32x4.mul');
  f.op('f32x4.sub');
  f.op('f32x4.add');
  f.get(minusK);
  constants.get(f, coefficients.ln2High);
  f.op('f32x4.mul');
  f.op('f32x4.sub');
}

/** Corrects the result on the stack: −inf at `pole`, NaN below it, and inf and NaN as they came. */
function emitSpecials(f: FunctionBuilder, constants: ConstantPool, x: Local, pole: number): void {
  f.get(x);
  f.get(x);
  constants.get(f, Number.POSITIVE_INFINITY);
  f.op('f32x4.lt');
  f.op('v128.bitselect');
  constants.get(f, Number.NEGATIVE_INFINITY);
  f.get(x);
  constants.get(f, pole);
  f.op('f32x4.ne');
  f.op('v128.bitselect');
  f.get(x);
  constants.get(f, pole);
  f.op('f32x4.lt');
  f.op('v128.or');
}

/** Natural logarithm, within 1.3 ulp, denormal arguments included; log(±0) = −inf, of a negative NaN. */
export function emitLog(f: FunctionBuilder, constants: ConstantPool): void {
  const x = f.local('v128');
  const t = f.local('v128');
  const k = f.local('v128');
  const small = f.local('v128');
  f.tee(x);
  constants.get(f, 2 ** 23);
  constants.get(f, 1);
  f.get(x);
  constants.get(f, 2 ** -126);
  f.op('f32x4.lt');
  f.tee(small);
  f.op('v128.bitselect');
  f.op('f32x4.mul');
  f.tee(t);
  constants.get(f, sqrtHalfBits, 'i32');
  f.op('i32x4.sub');
  f.i32Const(23);
  f.op('i32x4.shr_s');
  f.set(k);
  f.get(t);
  f.get(k);
  f.i32Const(23);
  f.op('i32x4.shl');
  f.op('i32x4.sub');
  constants.get(f, 1);
  f.op('f32x4.sub');
  f.set(t);
  f.get(small);
  constants.get(f, 23, 'i32');
  f.op('v128.and');
  f.get(k);
  f.op('i32x4.sub');
  f.op('f32x4.convert_i32x4_s');
  f.set(k);
  emitCore(f, constants, t, k);
  emitSpecials(f, constants, x, 0);
  f.free(x, t, k, small);
}

/** log(1 + x), within 1.8 ulp, without forming a rounded 1 + x: k is read off it, but t = x·2^−k − (1 − 2^−k). */
export function emitLog1p(f: FunctionBuilder, constants: ConstantPool): void {
  const x = f.local('v128');
  const t = f.local('v128');
  const k = f.local('v128');
  const shifted = f.local('v128');
  f.tee(x);
  constants.get(f, 1);
  f.op('f32x4.add');
  constants.get(f, sqrtHalfBits, 'i32');
  f.op('i32x4.sub');
  f.i32Const(23);
  f.op('i32x4.shr_s');
  f.tee(k);
  f.i32Const(23);
  f.op('i32x4.shl');
  f.set(shifted);
  f.get(x);
  f.get(shifted);
  f.op('i32x4.sub');
  constants.get(f, 1);
  constants.get(f, oneBits, 'i32');
  f.get(shifted);
  // k = 128 would wrap; from k = 127 on, 2^−k is 0 beside 1.
  constants.get(f, 127 << 23, 'i32');
  f.op('i32x4.min_s');
  f.op('i32x4.sub');
  f.op('f32x4.sub');
  f.op('f32x4.sub');
  f.set(t);
  f.get(k);
  f.op('i32x4.neg');
  f.op('f32x4.convert_i32x4_s');
  f.set(k);
  emitCore(f, constants, t, k);
  emitSpecials(f, constants, x, -1);
  f.free(x, t, k, shifted);
}
