import { describe, expect, it } from 'vitest';
import type { FunctionBuilder } from '../src/assembler/function-builder.ts';
import { ModuleBuilder } from '../src/assembler/module-builder.ts';
import { type ConstantPool, hoistedConstants, inlineConstants, memoryConstants } from '../src/math/constant-pool.ts';
import { emitExp, emitExpm1, emitLogistic } from '../src/math/exponential.ts';
import { emitLog, emitLog1p } from '../src/math/logarithm.ts';
import { emitErf, emitTanh } from '../src/math/rational.ts';
import { emitThreefry } from '../src/math/threefry.ts';
import { emitCos, emitSin } from '../src/math/trigonometric.ts';

type Emitter = (f: FunctionBuilder, constants: ConstantPool) => void;

const at = (list: ArrayLike<number>, index: number): number => list[index] ?? Number.NaN;
const unknown = (name: string): never => {
  throw new Error(`no function ${name}`);
};

const dataAt = 65536;
const tableAt = 256;

/** Maps f over an array of 4n floats, in place, in a loop with the constants as asked. */
function compile(emit: Emitter, mode: 'inline' | 'memory' | 'hoisted' = 'memory', limit = 8) {
  const m = new ModuleBuilder();
  m.importMemory('env', 'memory', { min: 1, max: 65536 });
  const f = m.func('map', { params: ['i32', 'i32'], results: [], exportAs: 'map' });
  const table = memoryConstants(tableAt);
  const source = mode === 'inline' ? inlineConstants : table;
  const pool = mode === 'hoisted' ? hoistedConstants(f, source, emit, limit) : source;
  const p = f.local('i32');
  f.for_(p, f.param(0), f.param(1), 16, () => {
    f.get(p);
    f.get(p);
    f.load('v128.load');
    emit(f, pool);
    f.store('v128.store');
  });
  m.data(tableAt, table.bytes());
  const memory = new WebAssembly.Memory({ initial: 8, maximum: 8 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(m.bytes()), { env: { memory } });
  const map = instance.exports['map'] as (from: number, to: number) => void;
  return (xs: ArrayLike<number>): Float32Array => {
    const view = new Float32Array(memory.buffer, dataAt, xs.length);
    view.set(xs);
    map(dataAt, dataAt + 4 * (xs.length + 3));
    return view.slice();
  };
}

/** erf in double: Taylor series with positive terms; beyond 2.5 the continued fraction of erfc. */
function erf(x: number): number {
  const t = Math.abs(x);
  if (t > 7) return Math.sign(x);
  if (t < 2.5) {
    let term = x;
    let sum = x;
    for (let k = 1; k < 80 && Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
      term *= (2 * x * x) / (2 * k + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let tail = 0;
  for (let k = 120; k > 0; k--) tail = k / 2 / (t + tail);
  return Math.sign(x) * (1 - Math.exp(-t * t) / Math.sqrt(Math.PI) / (t + tail));
}

const logistic = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

interface Case {
  readonly name: string;
  readonly emit: Emitter;
  readonly reference: (x: number) => number;
  readonly odd?: boolean;
  readonly stride: number;
}

const functions: readonly Case[] = [
  { name: 'exp', emit: emitExp, reference: Math.exp, stride: 1009 },
  { name: 'expm1', emit: emitExpm1, reference: Math.expm1, odd: true, stride: 1009 },
  { name: 'logistic', emit: emitLogistic, reference: logistic, stride: 1009 },
  { name: 'log', emit: emitLog, reference: Math.log, stride: 1009 },
  { name: 'log1p', emit: emitLog1p, reference: Math.log1p, odd: true, stride: 1009 },
  { name: 'sin', emit: emitSin, reference: Math.sin, odd: true, stride: 1009 },
  { name: 'cos', emit: emitCos, reference: Math.cos, stride: 1009 },
  { name: 'tanh', emit: emitTanh, reference: Math.tanh, odd: true, stride: 1009 },
  { name: 'erf', emit: emitErf, reference: erf, odd: true, stride: 10007 },
];

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function ulp(value: number): number {
  float[0] = value;
  return 2 ** (Math.max((at(bits, 0) >>> 23) & 255, 1) - 150);
}

/** The error in units of the last place of the correct float32, infinite if one is NaN or infinite and not both. */
function errorInUlp(got: number, want: number): number {
  if (Number.isNaN(want) || Number.isNaN(got))
    return Number.isNaN(want) && Number.isNaN(got) ? 0 : Number.POSITIVE_INFINITY;
  if (Math.fround(want) === got) return Number.isFinite(got) ? Math.abs(got - want) / ulp(want) : 0;
  if (Number.isFinite(got) && Number.isFinite(Math.fround(want))) return Math.abs(got - want) / ulp(want);
  // Rounding to infinity one ulp early or late, at the edge of the range.
  const edge = 2 ** 128 * (1 - 2 ** -22);
  return Math.abs(want) > edge && Math.abs(got) > edge ? 1 : Number.POSITIVE_INFINITY;
}

const inf = Number.POSITIVE_INFINITY;
const nan = Number.NaN;

describe.each(functions)('$name', ({ name, emit, reference, odd, stride }) => {
  const periodic = name === 'sin' || name === 'cos';

  it('is within 4 ulp over a stride through every float, NaN and infinities included', () => {
    const run = compile(emit);
    const count = 1 << 16;
    const input = new Float32Array(count);
    const inputBits = new Uint32Array(input.buffer);
    let worst = { error: -1, x: 0, got: 0 };
    for (let start = 0; start < 2 ** 32; start += count * stride) {
      for (let i = 0; i < count; i++) inputBits[i] = start + i * stride;
      const out = run(input);
      for (let i = 0; i < count; i++) {
        const x = at(input, i);
        if (periodic && Math.abs(x) > 8192 && Number.isFinite(x)) {
          if (Math.abs(at(out, i)) > 1) worst = { error: inf, x, got: at(out, i) };
          continue;
        }
        const error = errorInUlp(at(out, i), reference(x));
        if (error > worst.error) worst = { error, x, got: at(out, i) };
      }
    }
    expect(worst.error, JSON.stringify(worst)).toBeLessThan(4);
    expect(worst.error).toBeGreaterThan(0.5);
  });

  it('has the right special values', () => {
    const xs = [
      0,
      -0,
      inf,
      -inf,
      nan,
      2 ** -149,
      -(2 ** -149),
      3.4028234663852886e38,
      -3.4028234663852886e38,
      1,
      -1,
      2,
    ];
    const out = compile(emit)(xs);
    xs.forEach((x, i) => {
      if (periodic && Math.abs(x) > 8192 && Number.isFinite(x)) return;
      const want = reference(x);
      if (want === 0 && odd) expect([x, out[i]]).toEqual([x, want]);
      else expect([x, errorInUlp(at(out, i), want) < 4]).toEqual([x, true]);
    });
  });

  it('gives the same bits wherever the constants come from', () => {
    const xs = Float32Array.from({ length: 64 }, (_, i) => Math.sinh((i - 32) / 6));
    const expected = compile(emit, 'inline')(xs);
    expect(compile(emit, 'memory')(xs)).toEqual(expected);
    expect(compile(emit, 'hoisted')(xs)).toEqual(expected);
    expect(compile(emit, 'hoisted', 3)(xs)).toEqual(expected);
  });
});

describe('edges that a stride could miss', () => {
  /** `count` neighbouring floats on each side of x. */
  const around = (x: number, count = 2048): Float32Array => {
    const xs = new Float32Array(2 * count);
    float[0] = x;
    const middle = at(bits, 0);
    const view = new Uint32Array(xs.buffer);
    for (let i = 0; i < 2 * count; i++) view[i] = middle - count + i;
    return xs;
  };

  it.each([
    ['exp', 88.722839],
    ['exp', -87.336548],
    ['exp', -103.97208],
    ['expm1', 88.722839],
    ['expm1', 88.37626],
    ['expm1', -17.328679],
    ['expm1', 2 ** -25],
    ['logistic', -88.72284],
    ['logistic', -103.97208],
    ['log', 1],
    ['log', Math.SQRT1_2],
    ['log', 2 ** -126],
    ['log1p', -0.29289322],
    ['log1p', -0.99999],
    ['log1p', 2 ** 127],
    ['log1p', 2.40615e38],
    ['tanh', 9.0199938],
    ['tanh', 9.0109],
    ['erf', 3.93],
    ['sin', Math.PI],
    ['sin', 8191.5],
    ['sin', 3141.592653589793],
    ['cos', Math.PI / 2],
    ['cos', 8186.6],
  ])('%s near %f', (name, x) => {
    const { emit, reference } = functions.find((f) => f.name === name) ?? unknown(name);
    const xs = around(x);
    const out = compile(emit)(xs);
    let worst = 0;
    xs.forEach((value, i) => {
      worst = Math.max(worst, errorInUlp(at(out, i), reference(value)));
    });
    expect(worst).toBeLessThan(4);
  });

  it('tanh and erf never leave [−1, 1] and reach it at infinity', () => {
    for (const [emit, low] of [
      [emitTanh, 8],
      [emitErf, 3.5],
    ] as const) {
      const run = compile(emit);
      let largest = 0;
      for (let x = low; x < 10; ) {
        const xs = around(x, 1 << 15);
        x = at(xs, xs.length - 1) * 1.002;
        for (const y of run(xs)) largest = Math.max(largest, y);
      }
      expect(largest).toBe(1);
      expect([...run([inf, -inf, 50, -50])]).toEqual([1, -1, 1, -1]);
    }
  });
});

describe('threefry2x32-20', () => {
  const firstWord = (words: readonly number[][]): Uint32Array => {
    const m = new ModuleBuilder();
    m.importMemory('env', 'memory', { min: 1, max: 65536 });
    const f = m.func('f', { params: [], results: [], exportAs: 'f' });
    const locals = [0, 1, 2, 3].map((i) => {
      const local = f.local('v128');
      f.i32Const(16 * i);
      f.load('v128.load');
      f.set(local);
      return local;
    });
    const [k0, k1, high, low] = locals as [
      (typeof locals)[0],
      (typeof locals)[0],
      (typeof locals)[0],
      (typeof locals)[0],
    ];
    f.i32Const(64);
    emitThreefry(f, inlineConstants, { k0, k1, high, low });
    f.store('v128.store');
    // The operands are still there afterwards.
    locals.forEach((local, i) => {
      f.i32Const(80 + 16 * i);
      f.get(local);
      f.store('v128.store');
    });
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const view = new Uint32Array(memory.buffer);
    for (const [i, lanes] of words.entries()) view.set(lanes, 4 * i);
    const before = view.slice(0, 16);
    (new WebAssembly.Instance(new WebAssembly.Module(m.bytes()), { env: { memory } }).exports['f'] as () => void)();
    expect(view.slice(20, 36)).toEqual(before);
    return view.slice(16, 20);
  };

  it('gives the published known answers, lane by lane', () => {
    const ones = 0xffffffff;
    // Random123 known-answer file: key, counter → first word.
    const out = firstWord([
      [0, ones, 0x13198a2e, 0],
      [0, ones, 0x03707344, 0],
      [0, ones, 0x243f6a88, 0],
      [0, ones, 0x85a308d3, 0],
    ]);
    expect([...out]).toEqual([0x6b200159, 0x1cb996fc, 0xc4923a9c, 0x6b200159]);
  });

  it('agrees with a scalar version on other counters', () => {
    const rotate = (x: number, n: number): number => (x << n) | (x >>> (32 - n));
    const scalar = (k0: number, k1: number, c0: number, c1: number): number => {
      const k = [k0, k1, k0 ^ k1 ^ 0x1bd11bda];
      let x0 = (c0 + k0) | 0;
      let x1 = (c1 + k1) | 0;
      const rounds = [
        [13, 15, 26, 6],
        [17, 29, 16, 24],
      ];
      for (let group = 0; group < 5; group++) {
        for (const r of rounds[group % 2] ?? []) {
          x0 = (x0 + x1) | 0;
          x1 = rotate(x1, r) ^ x0;
        }
        x0 = (x0 + at(k, (group + 1) % 3)) | 0;
        x1 = (x1 + at(k, (group + 2) % 3) + group + 1) | 0;
      }
      return x0 >>> 0;
    };
    const lanes = [1, 2, 3, 4].map((i) => [i * 0x9e3779b1, i * 77, 12345 * i, 2 ** 31 + i]);
    const out = firstWord([0, 1, 2, 3].map((word) => lanes.map((lane) => at(lane, word) >>> 0)));
    expect([...out]).toEqual(lanes.map((lane) => scalar(at(lane, 0), at(lane, 1), at(lane, 2), at(lane, 3))));
  });
});
