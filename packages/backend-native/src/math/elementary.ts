/**
 * Elementary functions on vectors, as C text: the same reductions, polynomials and limits as the other targets have,
 * without branches. A file gets the functions that it uses.
 *
 * Errors against the correctly rounded result, over all floats: exp, expm1, tanh, erf and logistic 4 ulp, log and
 * log1p 2 ulp, sin and cos 3 ulp for |x| up to 8192. Infinities, NaN and signed zeros are right everywhere.
 */

import { coefficients, floatLiteral } from '@rheo/compiler';

const {
  cosOfSquare,
  erfDenominator,
  erfLimit,
  erfNumerator,
  expHalf,
  expm1OverR,
  expOfR,
  ln2High,
  ln2Low,
  log1pOverSquare,
  sinOverX,
  tanhDenominator,
  tanhLimit,
  tanhNumerator,
} = coefficients;

/** Names of functions of one float vector. */
export type ElementaryFunction =
  | 'floor'
  | 'sqrt'
  | 'exp'
  | 'expm1'
  | 'logistic'
  | 'log'
  | 'log1p'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'erf';

const magic = 1.5 * 2 ** 23;
const f = floatLiteral;

/** Horner's scheme; coefficients from the lowest power up. */
function polynomial(x: string, c: readonly number[]): string {
  const [lowest = 0, ...higher] = c;
  if (higher.length === 0) return `splat_f(${f(lowest)})`;
  return `(${polynomial(x, higher)} * ${x} + ${f(lowest)})`;
}

/** Clamps that keep NaN. */
const atMost = (x: string, high: number): string => `where_f(${x} > ${f(high)}, splat_f(${f(high)}), ${x})`;
const atLeast = (x: string, low: number): string => `where_f(${x} < ${f(low)}, splat_f(${f(low)}), ${x})`;

/**
 * Statements that leave x = n·step·ln 2 + r in `x` as r, and 2^(n + shift) in `scale`. Adding 1.5·2²³ rounds to an
 * integer, whose low bits then lie in the low bits of the sum.
 */
function reduceByLn2(step: 1 | 2, shift: number): string {
  const bias = f(magic + 127 + shift);
  return `const f32v biased = x * ${f(Math.LOG2E / step)} + ${bias};
  const f32v n = biased - ${bias};
  const f32v scale = (f32v)((i32v)biased << 23);
  x = x - n * ${f(step * ln2High)};
  x = x - n * ${f(step * ln2Low)};`;
}

/** f = p / (q + p²/(4q)) with p = x·P(x²): never beyond 1, and forgiving of rounding errors near it. */
function saturating(limit: number, numerator: readonly number[], denominator: readonly number[]): string {
  return `x = ${atMost('x', limit)};
  x = ${atLeast('x', -limit)};
  const f32v square = x * x;
  const f32v p = x * ${polynomial('square', numerator)};
  const f32v q = ${polynomial('square', denominator)};
  return p / (q + p * p * 0.25f / q);`;
}

/** log(1 + t) − minus_k·ln 2, with what the argument's special values need. */
function logarithm(pole: number): string {
  return `const f32v core = t * t * ${polynomial('t', log1pOverSquare)} - minus_k * ${f(ln2Low)};
  f32v y = (t + core) - minus_k * ${f(ln2High)};
  y = where_f(x < __builtin_inff(), y, x);
  y = where_f(x == ${f(pole)}, splat_f(-__builtin_inff()), y);
  return (f32v)((i32v)y | (x < ${f(pole)}));`;
}

/** π/2 in three parts of at most 11 bits and a rest. */
const halfPi: readonly number[] = [1.5703125, 0.0004837512969970703, 7.549533620476723e-8, 2.563344068257089e-12];

function quarterTurns(turn: 0 | 1): string {
  return `const f32v biased = x * ${f(2 / Math.PI)} + ${f(magic)};
  const f32v n = biased - ${f(magic)};
  const i32v quadrant = (i32v)biased + ${turn};
${halfPi.map((part) => `  x = x - n * ${f(part)};`).join('\n')}
  x = ${atMost('x', 1)};
  x = ${atLeast('x', -1)};
  const f32v square = x * x;
  const f32v sine = x * ${polynomial('square', sinOverX)};
  const f32v cosine = ${polynomial('square', cosOfSquare)};
  const f32v y = where_f((quadrant & 1) != 0, cosine, sine);
  return (f32v)((i32v)y ^ ((quadrant >> 1) << 31));`;
}

const bodies: { readonly [K in ElementaryFunction]: string } = {
  floor: `const f32v whole = to_float(__builtin_convertvector(x, i32v));
  const f32v below = whole - (f32v)((whole > x) & (i32v)splat_f(1.0f));
  /* From 2^23 on all floats are whole; the sign of zero stays. */
  const i32v sign = (i32v)x & (int)0x80000000;
  return where_f((f32v)((i32v)x ^ sign) < 8388608.0f, (f32v)((i32v)below | sign), x);`,
  sqrt: `for (int lane = 0; lane < (int)(sizeof x / 4); ++lane) x[lane] = __builtin_sqrtf(x[lane]);
  return x;`,
  exp: `x = ${atMost('x', 89)};
  x = ${atLeast('x', -104)};
  /* exp(x / 2) stays normal, and squaring it rounds once. */
  ${reduceByLn2(2, 0)}
  x = ${polynomial('x', expHalf)} * scale;
  return x * x;`,
  expm1: `const f32v input = x;
  x = ${atMost('x', 88.9)};
  x = ${atLeast('x', -20)};
  /* In halves: 2^128 is not a float, but expm1(88.5) is. */
  ${reduceByLn2(1, -1)}
  x = x * ${polynomial('x', expm1OverR)};
  x = x * scale + (scale - 0.5f);
  const f32v size = (f32v)((i32v)input & 0x7fffffff);
  return where_f(size >= ${f(2 ** -25)}, x + x, input);`,
  logistic: `const f32v input = x;
  x = (f32v)((i32v)x | (int)0x80000000);
  x = ${atLeast('x', -104)};
  /* e = exp(-|x|): 2^(n + 64) is always normal, and one more factor reaches the denormals. */
  ${reduceByLn2(1, 64)}
  const f32v e = ${polynomial('x', expOfR)} * scale * ${f(2 ** -64)};
  return where_f((i32v)input < 0, e, splat_f(1.0f)) / (1.0f + e);`,
  log: `const i32v small = x < ${f(2 ** -126)};
  const f32v normal = x * where_f(small, splat_f(8388608.0f), splat_f(1.0f));
  const i32v k = ((i32v)normal - 0x3f3504f3) >> 23;
  const f32v t = (f32v)((i32v)normal - (k << 23)) - 1.0f;
  const f32v minus_k = to_float((small & 23) - k);
  ${logarithm(0)}`,
  log1p: `const i32v k = ((i32v)(x + 1.0f) - 0x3f3504f3) >> 23;
  const i32v shifted = k << 23;
  /* k = 128 would wrap; from k = 127 on, 2^-k is 0 beside 1. */
  const f32v power = (f32v)(0x3f800000 - min_i(shifted, splat_i(127 << 23)));
  const f32v t = (f32v)((i32v)x - shifted) - (1.0f - power);
  const f32v minus_k = to_float(-k);
  ${logarithm(-1)}`,
  sin: quarterTurns(0),
  cos: quarterTurns(1),
  tanh: saturating(tanhLimit, tanhNumerator, tanhDenominator),
  erf: saturating(erfLimit, erfNumerator, erfDenominator),
};

/** Text of a function. */
export function elementaryText(name: ElementaryFunction): string {
  return `INLINE f32v ${name}_f(f32v x) {\n  ${bodies[name]}\n}`;
}
