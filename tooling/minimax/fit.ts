/**
 * Near-minimax polynomial and rational fits in double precision. A fit minimises the weighted error
 * |w(x)·(P(x)/Q(x) − f(x))| on Chebyshev nodes by Lawson's iteration (least squares, each weight multiplied
 * by its own error); a rational denominator is linearised around its previous value. Coefficients are then
 * rounded to float32 one by one, and the ones not yet rounded are fitted again around them.
 */

export interface Fit {
  readonly f: (x: number) => number;
  /** Weight of the absolute error; 1/|f(x)| gives a relative fit. */
  readonly weight: (x: number) => number;
  readonly low: number;
  readonly high: number;
  /** Powers of x in P, in the order in which their coefficients are rounded. */
  readonly numerator: readonly number[];
  /** Powers of x in Q beyond its constant. */
  readonly denominator?: readonly number[];
  /** The constant of Q; 1 if absent. */
  readonly unit?: number;
  /** Coefficients of P fixed beforehand, by power. */
  readonly fixed?: Readonly<Record<number, number>>;
}

export interface FitResult {
  /** float32 coefficients by power. */
  readonly numerator: ReadonlyMap<number, number>;
  readonly denominator: ReadonlyMap<number, number>;
  /** Largest weighted error on a fine grid, with the rounded coefficients evaluated in double. */
  readonly error: number;
}

/** Fits and rounds; the error says what the rounded coefficients can reach. */
export function fit(problem: Fit): FitResult {
  const numerator = new Map<number, number>(Object.entries(problem.fixed ?? {}).map(([p, c]) => [Number(p), c]));
  const denominator = new Map<number, number>();
  const open: { side: 'n' | 'd'; power: number }[] = [];
  for (const power of problem.numerator) if (!numerator.has(power)) open.push({ side: 'n', power });
  for (const power of problem.denominator ?? []) open.push({ side: 'd', power });
  let guess: number[] = [];
  while (open.length > 0) {
    guess = solve(problem, open, numerator, denominator);
    const first = open.shift();
    if (!first) break;
    (first.side === 'n' ? numerator : denominator).set(first.power, Math.fround(guess[0] ?? 0));
  }
  const unit = problem.unit ?? 1;
  let error = 0;
  for (let i = 0; i <= 20_000; i++) {
    const x = problem.low + ((problem.high - problem.low) * (i + 0.5)) / 20_001;
    error = Math.max(
      error,
      Math.abs(problem.weight(x) * (value(x, numerator) / (unit + value(x, denominator)) - problem.f(x))),
    );
  }
  return { numerator, denominator, error };
}

function value(x: number, terms: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const [power, c] of terms) sum += c * x ** power;
  return sum;
}

function solve(
  problem: Fit,
  open: readonly { side: 'n' | 'd'; power: number }[],
  numerator: ReadonlyMap<number, number>,
  denominator: ReadonlyMap<number, number>,
): number[] {
  const { low, high, f, weight, unit = 1 } = problem;
  const scale = Math.max(Math.abs(low), Math.abs(high));
  const count = 600;
  const xs = Array.from(
    { length: count },
    (_, i) => (low + high) / 2 - ((high - low) / 2) * Math.cos((Math.PI * (i + 0.5)) / count),
  );
  let lawson = xs.map(() => 1);
  let q = xs.map(() => unit);
  let best: number[] = [];
  let bestError = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < 120; pass++) {
    const rows: number[][] = [];
    const right: number[] = [];
    xs.forEach((x, i) => {
      const w = (Math.sqrt(lawson[i] ?? 0) * weight(x)) / (q[i] ?? 1);
      rows.push(open.map(({ side, power }) => w * (side === 'n' ? 1 : -f(x)) * (x / scale) ** power));
      right.push(w * (f(x) * (unit + value(x, denominator)) - value(x, numerator)));
    });
    const found = leastSquares(rows, right).map((c, k) => c / scale ** (open[k]?.power ?? 0));
    q = xs.map((x) =>
      open.reduce(
        (sum, { side, power }, k) => (side === 'd' ? sum + (found[k] ?? 0) * x ** power : sum),
        unit + value(x, denominator),
      ),
    );
    const errors = xs.map((x, i) => {
      const p = open.reduce(
        (sum, { side, power }, k) => (side === 'n' ? sum + (found[k] ?? 0) * x ** power : sum),
        value(x, numerator),
      );
      return Math.abs(weight(x) * (p / (q[i] ?? 1) - f(x)));
    });
    const worst = Math.max(...errors);
    if (worst < bestError && q.every((y) => y > 0)) [bestError, best] = [worst, found];
    lawson = lawson.map((l, i) => l * ((errors[i] ?? 0) / worst + 1e-3));
    const total = lawson.reduce((a, b) => a + b, 0);
    lawson = lawson.map((l) => (l * count) / total);
  }
  return best;
}

/** Least squares by Householder reflections. */
function leastSquares(rows: number[][], right: number[]): number[] {
  const m = rows.length;
  const n = rows[0]?.length ?? 0;
  const a = rows.map((row, i) => [...row, right[i] ?? 0]);
  const at = (i: number, j: number): number => a[i]?.[j] ?? 0;
  for (let k = 0; k < n; k++) {
    let norm = 0;
    for (let i = k; i < m; i++) norm += at(i, k) ** 2;
    norm = at(k, k) > 0 ? -Math.sqrt(norm) : Math.sqrt(norm);
    const v: number[] = [];
    let vv = 0;
    for (let i = k; i < m; i++) {
      const c = at(i, k) - (i === k ? norm : 0);
      v.push(c);
      vv += c * c;
    }
    if (vv === 0) continue;
    for (let j = k; j <= n; j++) {
      let s = 0;
      for (let i = k; i < m; i++) s += (v[i - k] ?? 0) * at(i, j);
      s = (2 * s) / vv;
      for (let i = k; i < m; i++) {
        const row = a[i];
        if (row) row[j] = at(i, j) - s * (v[i - k] ?? 0);
      }
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let k = n - 1; k >= 0; k--) {
    let s = at(k, n);
    for (let j = k + 1; j < n; j++) s -= at(k, j) * (x[j] ?? 0);
    x[k] = s / at(k, k);
  }
  return x;
}
