/**
 * float32 coefficients of the elementary functions that targets compute themselves, lowest power first. All were fitted by
 * `tsx tooling/minimax/coefficients.ts` (weighted minimax by Lawson's iteration in double, rounded to float32
 * one at a time with the rest refitted), which prints this list again; the stated error is that of the
 * rounded polynomial evaluated exactly, relative to the function.
 */

/** Error of the fit 0.05·2⁻²⁴ on [-0.6931, 0.6931]. */
export const expHalf: readonly number[] = [
  1, 0.5, 0.124999985, 0.020833153, 0.0026042683, 0.00026151663, 0.000021591091,
];
/** Error of the fit 1.54·2⁻²⁴ on [-0.3466, 0.3466]. */
export const expOfR: readonly number[] = [1, 0.9999997, 0.4999915, 0.16667649, 0.041897826, 0.008289566];
/** Error of the fit 0.23·2⁻²⁴ on [-0.3466, 0.3466]. */
export const expm1OverR: readonly number[] = [1, 0.49999997, 0.16666546, 0.041667443, 0.008366251, 0.0013869958];
/** Error of the fit 0.53·2⁻²⁴ on [-0.2929, 0.4142]. */
export const log1pOverSquare: readonly number[] = [
  -0.5, 0.3333391, -0.25001335, 0.199631, -0.16577654, 0.14914511, -0.14266913, 0.087003574,
];
/** Error of the fit 0.07·2⁻²⁴ on [0.000, 0.6175]. */
export const sinOverX: readonly number[] = [1, -0.16666655, 0.008332188, -0.000195181];
/** Error of the fit 0.00·2⁻²⁴ on [0.000, 0.6175]. */
export const cosOfSquare: readonly number[] = [1, -0.5, 0.041666646, -0.0013887311, 0.000024432553];
/** Error of the fit 0.13·2⁻²⁴ on [0.000, 81.36]. */
export const tanhNumerator: readonly number[] = [1.3125, 0.039082855, 0.00015006131];
export const tanhDenominator: readonly number[] = [1.3125, 0.14845781, 0.0015840927, 0.0000016152571];
/** Error of the fit 0.60·2⁻²⁴ on [0.000, 15.44]. */
export const erfNumerator: readonly number[] = [1.4809977, 0.38532245, 0.041953117, 0.0032700573];
export const erfDenominator: readonly number[] = [1.3125, 0.36120275, 0.06316254, 0.007804878, 0.00012721182];
/** Where tanh and erf are clamped: both are 1 in float32 from a little below on, and the quotient is exactly 1. */
export const tanhLimit = 9.019993782043457;
export const erfLimit = 3.930000066757202;

/** ln 2 in two positive parts; the first has 15 bits, so that its product with any |n| ≤ 255 is exact. */
export const ln2High = 0.693145751953125;
export const ln2Low: number = Math.LN2 - ln2High;
