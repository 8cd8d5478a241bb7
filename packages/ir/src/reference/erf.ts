/**
 * The error function in double precision, to about 1e-15.
 *
 * Below 2 the series erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms all have one sign; above it the
 * continued fraction of the complement, which is small there, so that its error hardly counts.
 */

/** erf(x); odd, ±1 at ±∞, NaN for NaN. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x) || x === 0) return x;
  if (size >= 6) return Math.sign(x);
  return Math.sign(x) * (size < 2 ? series(size) : 1 - complement(size));
}

function series(x: number): number {
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-18; n++) {
    term *= (2 * square) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum;
}

function complement(x: number): number {
  let tail = x;
  for (let n = 100; n > 0; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}
