/** Each baseline cell against its equations on plain numbers, one unit at a time. */
import { flattenTree } from '@rheo/core';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../../src/index.ts';
import { build, gruD } from '../../src/index.ts';
import { distance, filled, numbers, run } from '../run-model.ts';
import { baselines } from './models.ts';

const features = 2;
const units = 3;
const time = 4;
const values = filled([1, time, features], 2);
const times = [0.3, 0.9, 0, 1.7];

type Vector = readonly number[];
/** x·K + b of a row-major kernel, found by its path. */
class Weights {
  readonly #byPath: ReadonlyMap<string, Vector>;
  constructor(paths: readonly string[], data: readonly Vector[]) {
    this.#byPath = new Map(paths.map((path, index) => [path, data[index] ?? []]));
  }
  get(path: string): Vector {
    const found = this.#byPath.get(path);
    if (found === undefined) throw new Error(`no ${path}`);
    return found;
  }
  dense(path: string, x: Vector, bias: Vector = this.get(`${path}/bias`)): Vector {
    const kernel = this.get(`${path}/kernel`);
    return bias.map((b, j) => x.reduce((total, value, i) => total + value * Number(kernel[i * bias.length + j]), b));
  }
  /** x·K without a bias. */
  product(path: string, x: Vector): Vector {
    return this.dense(path, x, new Array<number>(this.get(`${path}/kernel`).length / x.length).fill(0));
  }
}

type State = { readonly [name: string]: Vector };
type Step = (w: Weights, s: State, x: Vector, d: number) => State & { readonly h: Vector };

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log1p(Math.exp(x));
const add = (a: Vector, b: Vector): Vector => a.map((x, i) => x + Number(b[i]));
const map2 = (f: (a: number, b: number, i: number) => number, a: Vector, b: Vector): Vector =>
  a.map((x, i) => f(x, Number(b[i]), i));
const zeros = (count: number): Vector => new Array<number>(count).fill(0);

function march(
  scheme: 'euler' | 'heun' | 'midpoint' | 'rk4',
  f: (h: Vector) => Vector,
  start: Vector,
  d: number,
  n: number,
) {
  let h = start;
  const step = d / n;
  const at = (k: Vector, size: number): Vector => map2((a, b) => a + size * step * b, h, k);
  for (let i = 0; i < n; i++) {
    const k1 = f(h);
    if (scheme === 'euler') h = at(k1, 1);
    if (scheme === 'heun')
      h = at(
        map2((a, b) => (a + b) / 2, k1, f(at(k1, 1))),
        1,
      );
    if (scheme === 'midpoint') h = at(f(at(k1, 0.5)), 1);
    if (scheme === 'rk4') {
      const k2 = f(at(k1, 0.5));
      const k3 = f(at(k2, 0.5));
      const k4 = f(at(k3, 1));
      h = at(
        h.map((_, j) => (Number(k1[j]) + 2 * Number(k2[j]) + 2 * Number(k3[j]) + Number(k4[j])) / 6),
        1,
      );
    }
  }
  return h;
}

const plain = (w: Weights, prefix: string, x: Vector, h: Vector): Vector =>
  add(w.dense(`${prefix}input`, x), w.product(`${prefix}recurrent`, h)).map(Math.tanh);

const leaky =
  (w: Weights, prefix: string, x: Vector, decay: number) =>
  (h: Vector): Vector =>
    map2((f, s, i) => f * s - decay * Number(h[i]), plain(w, prefix, x, h), w.get(`${prefix}scale`));

function gated(w: Weights, prefix: string, x: Vector, h: Vector): Vector {
  const r = w.dense(`${prefix}reset`, [...x, ...h]).map(sigmoid);
  const z = w.dense(`${prefix}update`, [...x, ...h]).map(sigmoid);
  const own = map2((a, b) => a * b, r, w.dense(`${prefix}candidate/recurrent`, h));
  const n = add(w.dense(`${prefix}candidate/input`, x), own).map(Math.tanh);
  return map2((a, b, i) => (1 - Number(z[i])) * a + Number(z[i]) * b, n, h);
}

function memory(w: Weights, x: Vector, h: Vector, c: Vector, bias: number): { c: Vector; out: Vector; o: Vector } {
  const z = add(w.dense('lstm/input', x), w.product('lstm/recurrent', h));
  const at = (block: number, i: number): number => Number(z[block * units + i]);
  const next = c.map((x, i) => x * sigmoid(at(2, i) + bias) + Math.tanh(at(0, i)) * sigmoid(at(1, i)));
  const o = next.map((_, i) => sigmoid(at(3, i)));
  return { c: next, o, out: next.map((x, i) => Math.tanh(x) * Number(o[i])) };
}

function deGru(w: Weights, x: Vector, keep: Vector): Vector {
  const r = w.dense('reset', [...x, ...keep]).map(sigmoid);
  const z = w.dense('update', [...x, ...keep]).map(sigmoid);
  const n = w.dense('candidate', [...x, ...map2((a, b) => a * b, r, keep)]).map(Math.tanh);
  return map2((a, b, i) => Number(z[i]) * a + (1 - Number(z[i])) * b, keep, n);
}

function gruFlow(w: Weights, x: Vector): (h: Vector) => Vector {
  return (h) => {
    const r = w.dense('reset', [...x, ...h]).map(sigmoid);
    const z = w.dense('update', [...x, ...h]).map(sigmoid);
    const g = w.dense('candidate', [...x, ...map2((a, b) => a * b, r, h)]).map(Math.tanh);
    return g.map((a, i) => (1 - Number(z[i])) * (a - Number(h[i])));
  };
}

function phased(
  w: Weights,
  s: State,
  x: Vector,
  phase: (i: number) => number,
  ratio: (i: number) => number,
  rise: (r: number) => number,
) {
  const { c, o } = memory(w, x, s['h'] ?? [], s['c'] ?? [], 1);
  const k = c.map((_, i) => {
    const [p, r] = [phase(i) - Math.floor(phase(i)), ratio(i)];
    return p < r / 2 ? 2 * p * rise(r) : p < r ? 2 - (2 * p) / r : 0.001 * p;
  });
  const mix = (after: Vector, before: Vector): Vector =>
    after.map((a, i) => Number(k[i]) * a + (1 - Number(k[i])) * Number(before[i]));
  return {
    c: mix(c, s['c'] ?? []),
    h: mix(
      map2((a, b) => Math.tanh(a) * b, c, o),
      s['h'] ?? [],
    ),
  };
}

function traces(w: Weights, s: State, x: Vector, d: number): State & { readonly h: Vector; readonly out: Vector } {
  const scales = 4;
  const tau = Array.from({ length: scales }, (_, m) => 10 ** (m / 2));
  const all = s['h'] ?? [];
  const row = (data: Vector, i: number): Vector => data.slice(i * scales, (i + 1) * scales);
  const total = (data: Vector): number => data.reduce((a, b) => a + b, 0);
  const joint = [...x, ...Array.from({ length: units }, (_, i) => total(row(all, i)))];
  const choice = (path: string, i: number): Vector => {
    const odds = row(w.dense(path, joint), i).map((log, m) => Math.exp(-((log - Math.log(Number(tau[m]))) ** 2)));
    return odds.map((odd) => odd / total(odds));
  };
  const read = Array.from({ length: units }, (_, i) =>
    total(map2((a, b) => a * b, choice('retrieval', i), row(all, i))),
  );
  const q = w.dense('detect', [...x, ...read]).map(Math.tanh);
  const h = q.flatMap((signal, i) =>
    choice('store', i).map((share, m) => {
      const stored = (1 - share) * Number(row(all, i)[m]) + share * signal;
      return stored * Math.exp(-d / Number(tau[m]));
    }),
  );
  return { h, out: Array.from({ length: units }, (_, i) => total(row(h, i))) };
}

const mlp = (w: Weights) => (h: Vector) => w.dense('flow/1', w.dense('flow/0', h).map(Math.tanh));
const only =
  (f: (w: Weights, x: Vector, h: Vector, d: number) => Vector): Step =>
  (w, s, x, d) => ({
    h: f(w, x, s['h'] ?? [], d),
  });

const formulas: Readonly<Record<string, Step>> = {
  rnn: only((w, x, h) => plain(w, '', x, h)),
  gru: only((w, x, h) => gated(w, '', x, h)),
  'gru, reset before': only((w, x, h) => {
    const r = w.dense('reset', [...x, ...h]).map(sigmoid);
    const z = w.dense('update', [...x, ...h]).map(sigmoid);
    const own = w.product(
      'candidate/recurrent',
      map2((a, b) => a * b, r, h),
    );
    const n = add(w.dense('candidate/input', x), own).map(Math.tanh);
    return map2((a, b, i) => (1 - Number(z[i])) * a + Number(z[i]) * b, n, h);
  }),
  'ct-rnn': only((w, x, h, d) => march('rk4', leaky(w, '', x, 1), h, d, 3)),
  'ct-rnn without decay, heun': only((w, x, h, d) => march('heun', leaky(w, '', x, 0), h, d, 3)),
  'ct-rnn, semi-implicit': only((w, x, h, d) => {
    let y = h;
    for (let i = 0; i < 2; i++) {
      y = map2((a, f) => (a + (d / 2) * f) / (1 + (d / 2) * 0.7), y, leaky(w, '', x, 0)(y));
    }
    return y;
  }),
  'ct-rnn, dormand-prince': only((w, x, h, d) => march('rk4', leaky(w, '', x, 1), h, d, 400)),
  'ode-rnn': only((w, x, h, d) => gated(w, 'cell/', x, march('rk4', mlp(w), h, d, 3))),
  'ode-rnn, rnn, midpoint': only((w, x, h, d) => plain(w, 'cell/', x, march('midpoint', mlp(w), h, d, 1))),
  'gru-d': only((w, x, h, d) =>
    deGru(
      w,
      x,
      map2((a, b) => a * Math.exp(-Math.max(0, b)), h, w.dense('decay', [d])),
    ),
  ),
  'rnn-decay': only((w, x, h, d) =>
    plain(
      w,
      '',
      x,
      map2((a, tau) => a * Math.exp(-softplus(tau) * d), h, w.get('tau')),
    ),
  ),
  'rnn-decay, linear': only((w, x, h, d) =>
    map2((a, tau) => a - d * tau, w.dense('output', plain(w, '', x, h)), w.get('tau')),
  ),
  'ct-gru': traces,
  'phased-lstm': (w, s, x, d) => {
    const t = Number(s['t']?.[0] ?? 0) + d;
    const phase = (i: number): number => {
      const period = Math.exp(Number(w.get('period')[i]));
      return (t - Number(w.get('shift')[i]) * period) / period;
    };
    return {
      ...phased(
        w,
        s,
        x,
        phase,
        (i) => Number(w.get('ratio')[i]),
        (r) => 1 / r,
      ),
      t: [t],
    };
  },
  'phased-lstm, elapsed': (w, s, x, d) => {
    const of = (path: string): number => softplus(Number(w.get(path)[0]));
    return phased(
      w,
      s,
      x,
      () => (d - of('shift')) / of('period'),
      () => of('ratio'),
      (r) => r,
    );
  },
  'gru-ode': only((w, x, h, d) => march('euler', gruFlow(w, x), h, d, 4)),
  'ode-lstm': (w, s, x, d) => {
    const { c, out } = memory(w, x, s['h'] ?? [], s['c'] ?? [], 0);
    return { c, h: march('rk4', mlp(w), out, d, 3) };
  },
  'ode-lstm, ct-rnn': (w, s, x, d) => {
    const { c, out } = memory(w, x, s['h'] ?? [], s['c'] ?? [], 3);
    return { c, h: march('euler', leaky(w, 'flow/', out, 1), s['h'] ?? [], d, 4) };
  },
};

/** Numbers in the range that each parameter has in use. */
function weightsFor(model: Layer): { readonly data: number[][]; readonly weights: Weights } {
  const { leaves, paths } = flattenTree(build(model, features).parameters);
  const data = leaves.map(({ type }, index) => {
    const count = type.shape.reduce<number>((a, b) => a * Number(b), 1);
    const path = paths[index] ?? '';
    return numbers(count, index + 2).map((x) => (path === 'ratio' ? 0.5 + 0.2 * x : 0.9 * x));
  });
  return { data, weights: new Weights(paths, data) };
}

describe('the equations', () => {
  it.each(Object.entries(formulas))('of %s', (name, step) => {
    const model = baselines[name] as Layer;
    const { data, weights } = weightsFor(model);
    const { outputs } = run(model, data, { values, dt: { shape: [1, time], data: times } });
    let state: State = { h: zeros(name === 'ct-gru' ? units * 4 : units), c: zeros(units) };
    const wanted = times.flatMap((d, index) => {
      state = step(weights, state, Array.from(values.data).slice(index * features, (index + 1) * features), d);
      return [...(state['out'] ?? state['h'] ?? [])];
    });
    expect(distance(outputs, wanted)).toBeLessThan(name.includes('dormand') ? 1e-6 : 1e-12);
  });

  it('cover every form', () => {
    const others = Object.keys(baselines).filter((name) => !(name in formulas));
    expect(others).toEqual(['rnn with softplus', 'gru-ode, semi-implicit']);
  });

  it('of gru-d with imputation', () => {
    const model = gruD({ units, imputation: true });
    const { data, weights: w } = weightsFor(model);
    const mask = [1, 0, 0, 1, 0, 0, 1, 0];
    const { outputs } = run(model, data, {
      values,
      dt: { shape: [1, time], data: times },
      mask: { shape: [1, time, features], data: mask },
    });
    let [h, last, since]: Vector[] = [zeros(units), zeros(features), zeros(features)];
    const wanted = times.flatMap((d, index) => {
      const seen = mask.slice(index * features, (index + 1) * features);
      const x = Array.from(values.data).slice(index * features, (index + 1) * features);
      const waited = (since ?? []).map((s) => s + d);
      const input = x.map((value, j) => {
        const linear = Number(w.get('imputation/decay/kernel')[j]) * Number(waited[j]);
        const trust = Math.exp(-Math.max(0, linear + Number(w.get('imputation/decay/bias')[j])));
        return seen[j] === 1 ? value : trust * Number(last?.[j]) + (1 - trust) * Number(w.get('imputation/mean')[j]);
      });
      const fade = w.dense('decay', waited).map((value) => Math.exp(-Math.max(0, value)));
      h = deGru(
        w,
        [...input, ...seen],
        map2((a, b) => a * b, h ?? [], fade),
      );
      last = x.map((value, j) => (seen[j] === 1 ? value : Number(last?.[j])));
      since = waited.map((value, j) => (seen[j] === 1 ? 0 : value));
      return [...h];
    });
    expect(distance(outputs, wanted)).toBeLessThan(1e-12);
  });
});
