/**
 * sin and cos on f32x4: x = n·π/2 + r with π/2 in four parts (Cody and Waite; the first three products are
 * exact for |x| ≤ 8192), one polynomial each for sin r and cos r, chosen and signed by n mod 4. Beyond 8192
 * the result is finite and bounded but loses accuracy as x grows; ±inf and NaN give NaN.
 */
import { coefficients } from '@rheo/compiler';
import type { FunctionBuilder } from '../assembler/function-builder.ts';
import type { ConstantPool } from './constant-pool.ts';
import { emitPolynomial } from './polynomial.ts';

const magic = 1.5 * 2 ** 23;
/** π/2 in three parts of at most 11 bits and a rest. */
const halfPi: readonly number[] = [1.5703125, 0.0004837512969970703, 7.549533620476723e-8, 2.563344068257089e-12];

function emitQuarterTurns(f: FunctionBuilder, constants: ConstantPool, turn: 0 | 1): void {
  const x = f.local('v128');
  const n = f.local('v128');
  const quadrant = f.local('v128');
  const square = f.local('v128');
  f.tee(x);
  constants.get(f, 2 / Math.PI);
  f.op('f32x4.mul');
  constants.get(f, magic);
  f.op('f32x4.add');
  f.tee(quadrant);
  constants.get(f, magic);
  f.op('f32x4.sub');
  f.set(n);
  f.get(x);
  for (const part of halfPi) {
    f.get(n);
    constants.get(f, part);
    f.op('f32x4.mul');
    f.op('f32x4.sub');
  }
  constants.get(f, 1);
  f.op('f32x4.pmin');
  constants.get(f, -1);
  f.op('f32x4.pmax');
  f.tee(x);
  f.get(x);
  f.op('f32x4.mul');
  f.set(square);
  if (turn === 1) {
    f.get(quadrant);
    constants.get(f, 1, 'i32');
    f.op('i32x4.add');
    f.set(quadrant);
  }
  emitPolynomial(f, constants, square, coefficients.cosOfSquare);
  emitPolynomial(f, constants, square, coefficients.sinOverX);
  f.get(x);
  f.op('f32x4.mul');
  // An odd quadrant takes the cosine: its lowest bit, spread over the lane.
  f.get(quadrant);
  f.i32Const(31);
  f.op('i32x4.shl');
  f.i32Const(31);
  f.op('i32x4.shr_s');
  f.op('v128.bitselect');
  f.get(quadrant);
  f.i32Const(1);
  f.op('i32x4.shr_u');
  f.i32Const(31);
  f.op('i32x4.shl');
  f.op('v128.xor');
  f.free(x, n, quadrant, square);
}

/** Sine, within 2.8 ulp for |x| ≤ 8192. */
export function emitSin(f: FunctionBuilder, constants: ConstantPool): void {
  emitQuarterTurns(f, constants, 0);
}

/** Cosine, within 2.8 ulp for |x| ≤ 8192. */
export function emitCos(f: FunctionBuilder, constants: ConstantPool): void {
  emitQuarterTurns(f, constants, 1);
}
