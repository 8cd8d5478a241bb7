import { describe, expect, it } from 'vitest';
import type { FunctionBuilder, Local } from '../src/assembler/function-builder.ts';
import { ModuleBuilder } from '../src/assembler/module-builder.ts';
import { emitGemm, type GemmSite } from '../src/gemm/gemm.ts';
import { emitGemmInto } from '../src/gemm/gemm-into.ts';
import { emitLoadLanes, emitStoreLanes, type Lanes } from '../src/gemm/lanes.ts';
import { emitPack, packedBytes } from '../src/gemm/pack.ts';

const at = (list: ArrayLike<number>, index: number): number => list[index] ?? Number.NaN;
const guard = 12345.5;

/** Runs one generated function on a fresh memory laid out by `sizes` in floats; guards follow each array. */
function machine(arrays: readonly Float32Array[]) {
  const addresses: number[] = [];
  let end = 1024;
  for (const array of arrays) {
    addresses.push(end);
    end = (end + array.byteLength + 64 + 15) & ~15;
  }
  const pages = Math.ceil(end / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const all = new Float32Array(memory.buffer);
  all.fill(guard);
  const views = arrays.map((array, i) => {
    const view = new Float32Array(memory.buffer, addresses[i], array.length);
    view.set(array);
    return view;
  });
  return {
    views,
    run(body: (f: FunctionBuilder, addresses: readonly Local[]) => void): void {
      const m = new ModuleBuilder();
      m.importMemory('env', 'memory', { min: 1, max: 65536 });
      const f = m.func('f', { params: arrays.map(() => 'i32' as const), results: [], exportAs: 'f' });
      body(f, f.params);
      const instance = new WebAssembly.Instance(new WebAssembly.Module(m.bytes()), { env: { memory } });
      (instance.exports['f'] as (...a: number[]) => void)(...addresses);
      arrays.forEach((array, i) => {
        expect(at(all, at(addresses, i) / 4 - 1)).toBe(guard);
        expect(at(all, at(addresses, i) / 4 + array.length)).toBe(guard);
      });
    },
  };
}

let seed = 1;
function random(count: number): Float32Array {
  return Float32Array.from({ length: count }, () => {
    seed = (Math.imul(seed, 1103515245) + 12345) | 0;
    return ((seed >>> 8) & 0xffff) / 32768 - 1;
  });
}

/** The product in double, and for each element the sum of absolute products, which bounds rounding. */
function product(
  M: number,
  N: number,
  K: number,
  a: (m: number, k: number) => number,
  b: (k: number, n: number) => number,
) {
  const sums: number[] = [];
  const sizes: number[] = [];
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = 0;
      let size = 0;
      for (let k = 0; k < K; k++) {
        sum += a(m, k) * b(k, n);
        size += Math.abs(a(m, k) * b(k, n));
      }
      sums.push(sum);
      sizes.push(size);
    }
  }
  return { sums, sizes };
}

function expectProduct(got: ArrayLike<number>, want: ReturnType<typeof product>, K: number): void {
  want.sums.forEach((sum, i) => {
    const bound = (K + 2) * 2 ** -24 * (at(want.sizes, i) + 1e-30);
    if (!(Math.abs(at(got, i) - sum) <= bound)) expect([i, at(got, i)]).toEqual([i, sum]);
  });
}

const shapes: readonly (readonly [M: number, K: number, N: number])[] = [
  [1, 1, 1],
  [1, 5, 32],
  [1, 7, 75],
  [2, 3, 16],
  [2, 9, 40],
  [3, 4, 7],
  [3, 17, 29],
  [4, 1, 8],
  [4, 2, 12],
  [5, 13, 5],
  [7, 3, 4],
  [8, 6, 3],
  [9, 11, 2],
  [13, 10, 33],
  [17, 5, 14],
  [32, 37, 128],
];

describe('packing', () => {
  it.each([
    ['rows', 12, 4],
    ['columns', 4, 20],
    ['every other element', 44, 8],
  ])('reads %s, pads with zeros and leaves the source alone', (_, kStride, nStride) => {
    for (const panel of [4, 8] as const) {
      const K = 5;
      const N = nStride === 4 ? 3 : 5;
      for (const columns of [N, 1]) {
        const source = random(64);
        const m = machine([source, new Float32Array(packedBytes(K, columns, panel) / 4).fill(7)]);
        m.run((f, [src, dst]) => {
          if (src && dst) emitPack(f, { K, N: columns, kStride, nStride, src, dst, panel });
        });
        const packed = m.views[1] ?? [];
        const want: number[] = [];
        for (let first = 0; first < columns; first += panel) {
          for (let k = 0; k < K; k++) {
            for (let n = first; n < first + panel; n++) {
              want.push(n < columns ? at(source, (k * kStride + n * nStride) / 4) : 0);
            }
          }
        }
        expect([...packed]).toEqual(want);
        expect(m.views[0]).toEqual(source);
      }
    }
  });
});

describe('product', () => {
  it.each(shapes)('M %d, K %d, N %d with any layout of the operands', (M, K, N) => {
    for (const aTransposed of [false, true]) {
      for (const bTransposed of [false, true]) {
        const a = random(M * K);
        const b = random(K * N);
        const bias = random(N);
        const m = machine([a, b, new Float32Array(packedBytes(K, N) / 4), new Float32Array(M * N), bias]);
        const seen: string[] = [];
        m.run((f, [aBase, bBase, bPacked, c, biasBase]) => {
          if (!aBase || !bBase || !bPacked || !c || !biasBase) return;
          const [kStride, nStride] = bTransposed ? [4, 4 * K] : [4 * N, 4];
          emitPack(f, { K, N, kStride, nStride, src: bBase, dst: bPacked });
          const out = f.local('i32');
          const [aRowStride, aColStride] = aTransposed ? [4, 4 * M] : [4 * K, 4];
          const from = f.local('i32');
          emitGemm(f, {
            ...{ M, N, K, aRowStride, aColStride, aBase, bPacked },
            // A fused epilogue: the accumulator starts from the bias and is doubled before it is stored.
            init: ({ column, columnOffset, lanes }) => {
              f.get(biasBase);
              f.get(column);
              f.i32Const(2);
              f.op('i32.shl');
              f.op('i32.add');
              f.set(from);
              emitLoadLanes(f, from, columnOffset * 4, lanes);
            },
            begin: (row, column) => {
              f.get(c);
              f.get(row);
              f.i32Const(N);
              f.op('i32.mul');
              f.get(column);
              f.op('i32.add');
              f.i32Const(2);
              f.op('i32.shl');
              f.op('i32.add');
              f.set(out);
            },
            store: (site: GemmSite, value) => {
              seen.push(`${site.rowOffset},${site.columnOffset},${site.lanes}`);
              f.get(value);
              f.get(value);
              f.op('f32x4.add');
              f.set(value);
              emitStoreLanes(f, out, 4 * (site.rowOffset * N + site.columnOffset), value, site.lanes);
            },
          });
        });
        const got = Float32Array.from(m.views[3] ?? [], (y) => y / 2);
        const want = product(
          M,
          N,
          K + 1,
          (r, k) => (k === K ? 1 : at(a, aTransposed ? k * M + r : r * K + k)),
          (k, n) => (k === K ? at(bias, n) : at(b, bTransposed ? n * K + k : k * N + n)),
        );
        expectProduct(got, want, K + 1);
        expect(seen.some((s) => s.endsWith(`,${N % 4 || 4}`))).toBe(true);
      }
    }
  });

  it('reads A packed in blocks of four rows', () => {
    const [M, K, N] = [11, 6, 11];
    const a = random(M * K);
    const b = random(K * N);
    const m = machine([
      a,
      b,
      new Float32Array(packedBytes(K, N) / 4),
      new Float32Array(packedBytes(K, M, 4) / 4),
      new Float32Array(M * N),
    ]);
    m.run((f, [aBase, bBase, bPacked, aPacked, c]) => {
      if (!aBase || !bBase || !bPacked || !aPacked || !c) return;
      emitPack(f, { K, N, kStride: 4 * N, nStride: 4, src: bBase, dst: bPacked });
      emitPack(f, { K, N: M, kStride: 4, nStride: 4 * K, src: aBase, dst: aPacked, panel: 4 });
      const strides = { aRowStride: 4, aColStride: 16, aBlockStride: 16 * K };
      emitGemmInto(f, { M, N, K, ...strides, aBase: aPacked, bPacked, c, cRowStride: 4 * N, accumulate: false });
    });
    const want = product(
      M,
      N,
      K,
      (r, k) => at(a, r * K + k),
      (k, n) => at(b, k * N + n),
    );
    expectProduct(m.views[4] ?? [], want, K);
  });

  it.each([
    [5, 10, 9, false],
    [5, 10, 9, true],
    [6, 12, 3, false],
    [4, 23, 16, true],
  ])('M %d, K %d, N %d in blocks of k, accumulate %s', (M, K, N, accumulate) => {
    const a = random(M * K);
    const b = random(K * N);
    const before = random(M * (N + 2));
    const m = machine([a, b, new Float32Array(packedBytes(K, N) / 4), before]);
    m.run((f, [aBase, bBase, bPacked, c]) => {
      if (!aBase || !bBase || !bPacked || !c) return;
      emitPack(f, { K, N, kStride: 4 * N, nStride: 4, src: bBase, dst: bPacked });
      const shape = { M, N, K, aRowStride: 4, aColStride: 4 * M, cRowStride: 4 * (N + 2), kBlock: 4 };
      emitGemmInto(f, { ...shape, aBase, bPacked, c, accumulate });
    });
    const c = m.views[3] ?? [];
    const want = product(
      M,
      N,
      K + 1,
      (r, k) => (k < K ? at(a, k * M + r) : accumulate ? 1 : 0),
      (k, n) => (k < K ? at(b, k * N + n) : 0),
    );
    for (let r = 0; r < M; r++) {
      for (let n = 0; n < N; n++) {
        const start = accumulate ? at(before, r * (N + 2) + n) : 0;
        expect(Math.abs(at(c, r * (N + 2) + n) - start - at(want.sums, r * N + n))).toBeLessThan(1e-5);
      }
      expect(at(c, r * (N + 2) + N)).toBe(at(before, r * (N + 2) + N));
    }
  });

  it('a product over nothing is what the accumulators start from', () => {
    const m = machine([new Float32Array(1), new Float32Array(1), new Float32Array(6).fill(3)]);
    m.run((f, [aBase, bPacked, c]) => {
      if (!aBase || !bPacked || !c) return;
      emitPack(f, { K: 0, N: 3, kStride: 12, nStride: 4, src: aBase, dst: bPacked });
      emitGemmInto(f, {
        M: 2,
        N: 3,
        K: 0,
        aRowStride: 0,
        aColStride: 4,
        aBase,
        bPacked,
        c,
        cRowStride: 12,
        accumulate: false,
      });
    });
    expect([...(m.views[2] ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('lanes', () => {
  it.each([1, 2, 3, 4] as const)('moves exactly %d floats', (lanes: Lanes) => {
    const m = machine([Float32Array.of(1, 2, 3, 4), new Float32Array(4)]);
    const out = machine([Float32Array.of(1, 2, 3, 4).slice(0, lanes), new Float32Array(4), new Float32Array(lanes)]);
    for (const target of [m, out]) {
      target.run((f, [from, whole, part]) => {
        if (!from || !whole) return;
        const v = f.local('v128');
        emitLoadLanes(f, from, 0, lanes);
        f.set(v);
        emitStoreLanes(f, whole, 0, v, 4);
        if (part) emitStoreLanes(f, part, 0, v, lanes);
      });
      expect([...(target.views[1] ?? [])]).toEqual([1, 2, 3, 4].map((x) => (x <= lanes ? x : 0)));
    }
    expect([...(out.views[2] ?? [])]).toEqual([1, 2, 3, 4].slice(0, lanes));
  });
});
