/**
 * tanh and erf on f32x4. Both are written f = 2t/(1 + t²) with t = xP(x²)/(2Q(x²)), that is p/(q + p²/(4q)) with
 * p = xP: for tanh, t = tanh(x/2). As f approaches 1 it hardly depends on t, so rounding errors of P and Q and
 * of the fit fade there, few terms do, and f never exceeds 1 (tested). The direct quotient xP/Q needs two more
 * terms for tanh, errs by 5 ulp and overshoots; pq/(q² + p²/4), with one division, is as fast and errs by 4.
 * The argument is clamped where f has reached 1.
 */
import { coefficients } from '@rheo/compiler';
import type { FunctionBuilder } from '../assembler/function-builder.ts';
import type { ConstantPool } from './constant-pool.ts';
import { emitPolynomial } from './polynomial.ts';

function emitSaturating(
  f: FunctionBuilder,
  constants: ConstantPool,
  limit: number,
  numerator: readonly number[],
  denominator: readonly number[],
): void {
  const x = f.local('v128');
  const square = f.local('v128');
  const p = x;
  const q = square;
  constants.get(f, limit);
  f.op('f32x4.pmin');
  constants.get(f, -limit);
  f.op('f32x4.pmax');
  f.tee(x);
  f.get(x);
  f.op('f32x4.mul');
  f.set(square);
  emitPolynomial(f, constants, square, numerator);
  f.get(x);
  f.op('f32x4.mul');
  f.set(p);
  emitPolynomial(f, constants, square, denominator);
  f.set(q);
  f.get(p);
  f.get(q);
  f.get(p);
  f.get(p);
  f.op('f32x4.mul');
  constants.get(f, 0.25);
  f.op('f32x4.mul');
  f.get(q);
  f.op('f32x4.div');
  f.op('f32x4.add');
  f.op('f32x4.div');
  f.free(x, square);
}

/** Hyperbolic tangent, within 3.4 ulp of every float. */
export function emitTanh(f: FunctionBuilder, constants: ConstantPool): void {
  emitSaturating(f, constants, coefficients.tanhLimit, coefficients.tanhNumerator, coefficients.tanhDenominator);
}

/** Error function 2/√π ∫₀ˣ exp(−t²) dt, within 3.5 ulp of every float. */
export function emitErf(f: FunctionBuilder, constants: ConstantPool): void {
  emitSaturating(f, constants, coefficients.erfLimit, coefficients.erfNumerator, coefficients.erfDenominator);
}
