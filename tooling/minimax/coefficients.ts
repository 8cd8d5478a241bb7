/**
 * Derives packages/compiler/src/coefficients.ts: `tsx tooling/minimax/coefficients.ts` prints the
 * file. Intervals and degrees are chosen here; the accuracy of the finished float32 functions is measured by
 * the tests of that package over all floats.
 */
import { type Fit, type FitResult, fit } from './fit.ts';

const upTo = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const erfSlope = 2 / Math.sqrt(Math.PI);

/** erfc for x ≥ 0 in double: 1 − Taylor series with positive terms, and beyond 2.5 the continued fraction. */
function erfc(x: number): number {
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let k = 1; k < 80; k++) {
      term *= (2 * x * x) / (2 * k + 1);
      sum += term;
    }
    return 1 - erfSlope * Math.exp(-x * x) * sum;
  }
  let tail = 0;
  for (let k = 120; k > 0; k--) tail = k / 2 / (x + tail);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + tail);
}

const erf = (x: number): number => 1 - erfc(x);
/** √(1 − erf²) without cancellation. */
const erfSlack = (x: number): number => Math.sqrt(erfc(x) * (2 - erfc(x)));

/** A function of u = x² that f(x)/x is, with its limit at 0. */
const perX =
  (f: (x: number) => number, limit: number) =>
  (u: number): number =>
    u < 1e-12 ? limit : f(Math.sqrt(u)) / Math.sqrt(u);
const relative = (problem: Omit<Fit, 'weight'>): Fit => ({ ...problem, weight: (x) => 1 / problem.f(x) });

/** The fit of 2·half(x)/x, weighted by the share of its relative error that reaches the function. */
function halved(
  half: (x: number) => number,
  slack: (x: number) => number,
  slope: number,
  limit: number,
  top: number,
  bottom: number,
  unit: number,
  fixed: Readonly<Record<number, number>> = {},
): Fit {
  const f = perX((x) => 2 * half(x), slope);
  return {
    f,
    weight: (u) => Math.max(2e-4, slack(Math.sqrt(u))) / f(u),
    low: 0,
    high: limit ** 2,
    numerator: upTo(0, top),
    denominator: upTo(1, bottom),
    unit,
    fixed,
  };
}

const halfLn2 = Math.LN2 / 2;
const quarterTurn = (Math.PI / 4) ** 2 * 1.001;

const problems: Readonly<Record<string, Fit>> = {
  // exp(r/2) for |r| ≤ ln 2, to be squared.
  expHalf: relative({
    f: (r) => Math.exp(r / 2),
    low: -Math.LN2,
    high: Math.LN2,
    numerator: upTo(1, 6),
    fixed: { 0: 1 },
  }),
  // exp(r) for |r| ≤ ln 2 / 2.
  expOfR: relative({ f: Math.exp, low: -halfLn2, high: halfLn2, numerator: upTo(1, 5), fixed: { 0: 1 } }),
  // (exp(r) − 1)/r for |r| ≤ ln 2 / 2.
  expm1OverR: relative({
    f: (r) => (Math.abs(r) < 1e-9 ? 1 + r / 2 : Math.expm1(r) / r),
    low: -halfLn2,
    high: halfLn2,
    numerator: upTo(1, 5),
    fixed: { 0: 1 },
  }),
  // (log(1 + t) − t)/t² for 1 + t in [√½, √2], relative to log(1 + t).
  log1pOverSquare: {
    f: (t) => (Math.abs(t) < 1e-4 ? -0.5 + t / 3 - (t * t) / 4 : (Math.log1p(t) / t - 1) / t),
    weight: (t) => (Math.abs(t) < 1e-6 ? 1e-6 : Math.abs((t * t) / Math.log1p(t))),
    low: Math.SQRT1_2 - 1,
    high: Math.SQRT2 - 1,
    numerator: upTo(1, 7),
    fixed: { 0: -0.5 },
  },
  // sin(x)/x and cos(x) as functions of x² for |x| ≤ π/4.
  sinOverX: relative({ f: perX(Math.sin, 1), low: 0, high: quarterTurn, numerator: upTo(1, 3), fixed: { 0: 1 } }),
  cosOfSquare: relative({
    f: (u) => Math.cos(Math.sqrt(u)),
    low: 0,
    high: quarterTurn,
    numerator: upTo(2, 4),
    fixed: { 0: 1, 1: -0.5 },
  }),
  // 2t/x as a function of x² where f(x) = 2t/(1 + t²), up to where f is 1 in float32. An error of t reaches
  // f reduced by (1 − t²)/(1 + t²) = √(1 − f²), and is still squared where that vanishes. P and Q may be scaled
  // together; the scale decides how products round near x = 0 and was chosen by trying.
  tanh: halved(
    (x) => Math.tanh(x / 2),
    (x) => 1 / Math.cosh(x),
    1,
    9.02,
    2,
    3,
    1.3125,
    { 0: 1.3125 },
  ),
  erf: halved((x) => erf(x) / (1 + erfSlack(x)), erfSlack, erfSlope, 3.93, 3, 4, 1.3125),
};

/** Fits one of the problems; `error` is in units of 2^−24. */
export function coefficients(name: string): FitResult {
  const problem = problems[name];
  if (!problem) throw new Error(`no fit is called ${name}; there are ${Object.keys(problems).join(', ')}`);
  const result = fit(problem);
  return { ...result, error: result.error * 2 ** 24 };
}

/** The shortest decimal that names the same float32. */
function shortest(value: number): string {
  for (let digits = 1; digits < 10; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(value);
}

function list(terms: ReadonlyMap<number, number>, constant = 1): string {
  return upTo(0, Math.max(...terms.keys()))
    .map((power) => shortest(terms.get(power) ?? constant))
    .join(', ');
}

if (process.argv[1]?.endsWith('coefficients.ts')) {
  for (const [name, problem] of Object.entries(problems)) {
    if (process.argv[2] && process.argv[2] !== name) continue;
    const { numerator, denominator, error } = coefficients(name);
    console.log(
      `/** Error of the fit ${error.toFixed(2)}·2⁻²⁴ on [${problem.low.toPrecision(4)}, ${problem.high.toPrecision(4)}]. */`,
    );
    const suffix = denominator.size > 0 ? 'Numerator' : '';
    console.log(`export const ${name}${suffix}: readonly number[] = [${list(numerator)}];`);
    if (denominator.size > 0)
      console.log(`export const ${name}Denominator: readonly number[] = [${list(denominator, problem.unit)}];`);
  }
}
