/**
 * Cases with the numbers that break kernels: NaN, infinities, zeros of both signs, denormals, the largest and the
 * smallest floats, integers at the ends of their range.
 */

import type { DType, Op, TensorData } from '@rheo/ir';
import { allocate, ProgramBuilder } from '@rheo/ir';
import { exampleCase } from '../check-example.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { roundedTolerance } from '../tolerance.ts';
import { toleranceFor } from './domains.ts';

const nan = Number.NaN;
const inf = Number.POSITIVE_INFINITY;
const ordinary = [0, -0, 1, -1, 0.5, -0.5, 2, -2];
const extreme = [nan, inf, -inf, 3.4028234663852886e38, -3.4028234663852886e38, 1e30, -1e30, 1e-30, -1e-30];
const denormal = [1e-40, -1e-40, 1.401298464324817e-45, 1.1754943508222875e-38, -1.1754943508222875e-38];

const unaryOps = ['neg', 'abs', 'sign', 'exp', 'expm1', 'log', 'log1p', 'sqrt', 'tanh', 'logistic', 'erf'] as const;
const binaryOps = ['add', 'sub', 'mul', 'div', 'max', 'min', 'eq', 'lt', 'le'] as const;
/** Where functions saturate, overflow or lose digits. */
const edges: Partial<Record<Op, readonly number[]>> = {
  exp: [88.7, 88.72, 88.73, 89, 100, -87.3, -87.4, -88, -103, -104, -150, 1e-8, 80.5, -80.5],
  expm1: [88.7, 89, -17, -20, -100, 1e-8, -1e-8, 1e-20, 0.3465, -0.3466],
  log: [0.9999999403953552, 1.0000001192092896, 0.70710677, Math.SQRT2, 0.99, 1.01],
  log1p: [-1, -2, -0.9999999403953552, 1e-8, -1e-8, 1e-20, 0.41, -0.29, 1e10],
  sqrt: [4, 9, 2e-38, 1e-10],
  tanh: [9, 9.02, 10, 20, -20, 88, -88, 1e-4, 1e-8, 0.625, -0.625, 7.9, -7.9],
  logistic: [16, 17, -16, -17, 20, -20, 87, -87, -88, -103, -104, 88, 1e-8],
  erf: [3.9, 4, -4, 4.1, 6, 1e-8, 0.84375, -0.84375, 1.25, 2.857, -2.857, 10],
};

/** `special/exp/f32`, `special/max/f32`, `special/convert/f32-i32` … */
export function specialCases(): ConformanceCase[] {
  const cases: ConformanceCase[] = [];
  for (const op of unaryOps) {
    const usual = [...ordinary, ...extreme, ...(edges[op] ?? [])];
    cases.push(unary(`special/${op}/f32`, op, Float32Array.from(usual)));
    cases.push(unary(`special/${op}/f32-denormal`, op, Float32Array.from(denormal)));
    cases.push(unary(`special/${op}/f64`, op, Float64Array.from(usual)));
  }
  const floors = [...extreme, 0, -0, 0.5, -0.5, 1, -1, 8388607.5, 16777216, -8388608.5, 2 ** 31, -(2 ** 31)];
  cases.push(unary('special/floor/f32', 'floor', Float32Array.from(floors)));
  for (const op of ['sin', 'cos'] as const) {
    cases.push(unary(`special/${op}/f32`, op, Float32Array.from([0, -0, nan, inf, -inf, 1e-30, 8192, -8192, Math.PI])));
    cases.push(unary(`special/${op}/f32-denormal`, op, Float32Array.from(denormal)));
  }
  for (const op of binaryOps) {
    cases.push(pairs(`special/${op}/f32`, op, 'f32', [...ordinary, ...extreme]));
    cases.push(pairs(`special/${op}/f32-denormal`, op, 'f32', [...denormal, 0, 1, -1, 2]));
  }
  for (const op of ['max', 'min', 'eq', 'lt', 'le'] as const) {
    cases.push(pairs(`special/${op}/i32`, op, 'i32', [0, 1, -1, 2 ** 24, -(2 ** 24), 2 ** 31 - 1, -(2 ** 31)]));
  }
  for (const op of ['add', 'sub', 'mul', 'eq', 'lt', 'le'] as const) {
    cases.push(
      pairs(`special/${op}/u32`, op, 'u32', [
        0,
        1,
        2,
        65536,
        2 ** 31 - 1,
        2 ** 31,
        2 ** 31 + 1,
        2 ** 32 - 1,
        0x9e3779b9,
      ]),
    );
  }
  cases.push(...convertCases(), ...reductionCases(), ...selectCases(), ...wrappingCases());
  return cases;
}

function unary(id: string, op: (typeof unaryOps)[number] | 'floor' | 'sin' | 'cos', data: TensorData): ConformanceCase {
  return exampleCase('special', id, () => {
    const b = new ProgramBuilder();
    const dtype = data instanceof Float64Array ? 'f64' : 'f32';
    const x = b.param({ dtype, shape: [data.length] });
    return { program: b.build([b.one(op, [x], {})]), inputs: [data], tolerance: toleranceFor(op) };
  });
}

/** Every number with every other. */
function pairs(id: string, op: (typeof binaryOps)[number], dtype: DType, list: readonly number[]): ConformanceCase {
  return exampleCase('special', id, () => {
    const b = new ProgramBuilder();
    const shape = [list.length * list.length];
    const [x, y] = [b.param({ dtype, shape }), b.param({ dtype, shape })];
    const left = allocate(dtype, shape[0] as number);
    const right = allocate(dtype, shape[0] as number);
    list.forEach((a, i) => {
      list.forEach((c, j) => {
        left[i * list.length + j] = a;
        right[i * list.length + j] = c;
      });
    });
    return { program: b.build([b.plain(op, x, y)]), inputs: [left, right], tolerance: roundedTolerance };
  });
}

function convertCases(): ConformanceCase[] {
  const floats = [
    ...ordinary,
    ...extreme,
    1.5,
    -1.5,
    2.99,
    -2.99,
    3e9,
    -3e9,
    2147483520,
    -2147483648,
    16777217,
    0.1,
    1e-40,
  ];
  const from: readonly (readonly [TensorData, DType, DType])[] = [
    [Float32Array.from(floats), 'f32', 'i32'],
    [Float32Array.from(floats), 'f32', 'bool'],
    [Float64Array.from(floats), 'f64', 'i32'],
    [Int32Array.of(0, 1, -1, 16777216, -16777216, 16777217, 2 ** 31 - 1, -(2 ** 31)), 'i32', 'f32'],
    [Int32Array.of(0, 1, -1, 256, 65536, -(2 ** 31)), 'i32', 'bool'],
    [Uint32Array.of(0, 1, 16777216, 16777217, 2 ** 31, 2 ** 31 + 128, 2 ** 32 - 1), 'u32', 'f32'],
    [Uint32Array.of(0, 1, 2 ** 31, 2 ** 32 - 1), 'u32', 'bool'],
  ];
  return from.map(([data, dtype, to]) =>
    exampleCase('special', `special/convert/${dtype}-${to}`, () => {
      const b = new ProgramBuilder();
      const x = b.param({ dtype, shape: [data.length] });
      return { program: b.build([b.one('convert', [x], { to })]), inputs: [data], tolerance: roundedTolerance };
    }),
  );
}

function reductionCases(): ConformanceCase[] {
  const rows: Readonly<Record<string, readonly number[]>> = {
    nan: [1, nan, 3, 4, 5],
    'nan-last': [1, 2, 3, 4, nan],
    'nan-and-infinity': [inf, nan, -inf, 1, 2],
    infinity: [1, inf, 3, -1, 2],
    'minus-infinity': [-inf, -inf, -inf, -inf, -inf],
    zeros: [0, -0, 0, -0, 0],
  };
  return Object.entries(rows).flatMap(([name, row]) =>
    (['reduce_max', 'reduce_sum'] as const).map((op) =>
      exampleCase('special', `special/${op}/${name}`, () => {
        const b = new ProgramBuilder();
        const x = b.param({ dtype: 'f32', shape: [5] });
        const wide = b.broadcast(x, [5, 6], [0]);
        const program = b.build([b.one(op, [x], { axes: [0] }), b.one(op, [wide], { axes: [0] })]);
        return { program, inputs: [Float32Array.from(row)], tolerance: roundedTolerance };
      }),
    ),
  );
}

/** What is not chosen must not leak in: 0 · NaN would. */
function selectCases(): ConformanceCase[] {
  return [
    exampleCase('special', 'special/select/f32', () => {
      const b = new ProgramBuilder();
      const p = b.param({ dtype: 'bool', shape: [8] });
      const [x, y] = [b.param({ dtype: 'f32', shape: [8] }), b.param({ dtype: 'f32', shape: [8] })];
      return {
        program: b.build([b.plain('select', p, x, y), b.plain('select', b.plain('not', p), x, y)]),
        inputs: [
          Uint8Array.of(1, 0, 1, 0, 1, 0, 1, 0),
          Float32Array.of(1, nan, -0, inf, 3, -inf, nan, 1),
          Float32Array.of(nan, 2, inf, 4, -inf, 6, 1, nan),
        ],
        tolerance: roundedTolerance,
      };
    }),
  ];
}

/** i32 beyond 2^24, where the backend says that it wraps at 32 bits; else only up to there. */
function wrappingCases(): ConformanceCase[] {
  return (['add', 'sub', 'mul'] as const).map((op) => {
    const near = pairs(`special/${op}/i32`, op, 'i32', [0, 1, -1, 4096, -4096, 4095]);
    const far = pairs(`special/${op}/i32`, op, 'i32', [0, 1, -1, 65537, 2 ** 24, 2 ** 31 - 1, -(2 ** 31)]);
    return {
      ...near,
      run: async (backend, random, create) => {
        const report = await near.run(backend, random, create);
        return backend.capabilities.exactI32 ? await far.run(backend, random, create) : report;
      },
    };
  });
}
