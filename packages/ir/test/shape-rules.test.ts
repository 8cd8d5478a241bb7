import { describe, expect, test } from 'vitest';
import type { Attributes, ErrorCode, Op } from '../src/index.ts';
import { formatType, inferTypes, isRheoError, ops } from '../src/index.ts';
import { typesOf } from './type-of.ts';

type Case = readonly [operands: string, attributes: object, result: string];

/** Per op: what it gives, or the code of the error. Ops with nested Programs are in shape-rules-control.test.ts. */
const none = {};
const floatUnary: readonly Case[] = [
  ['f32[batch,3]', none, 'f32[batch,3]'],
  ['f64', none, 'f64'],
  ['i32[2]', none, 'dtype'],
  ['u32[2]', none, 'dtype'],
  ['bool[2]', none, 'dtype'],
  ['', none, 'program'],
  ['f32 f32', none, 'program'],
];
const signedUnary: readonly Case[] = [
  ['f32[0]', none, 'f32[0]'],
  ['i32[2]', none, 'i32[2]'],
  ['u32[2]', none, 'dtype'],
  ['bool[2]', none, 'dtype'],
  ['f32 f32', none, 'program'],
];
const wrongPairs: readonly Case[] = [
  ['f32[2] f64[2]', none, 'dtype'],
  ['f32[2] f32[3]', none, 'shape'],
  ['f32[2] f32', none, 'shape'],
  ['f32[batch] f32[time]', none, 'shape'],
  ['f32[1] f32[2]', none, 'shape'],
  ['f32', none, 'program'],
  ['f32 f32 f32', none, 'program'],
];
const numericBinary: readonly Case[] = [
  ['f32[2,batch] f32[2,batch]', none, 'f32[2,batch]'],
  ['u32[2] u32[2]', none, 'u32[2]'],
  ['i32 i32', none, 'i32'],
  ['bool bool', none, 'dtype'],
  ...wrongPairs,
];
const signedBinary: readonly Case[] = [
  ['f64[2] f64[2]', none, 'f64[2]'],
  ['i32 i32', none, 'i32'],
  ['u32 u32', none, 'dtype'],
  ...wrongPairs,
];
const order: readonly Case[] = [
  ['f32[2] f32[2]', none, 'bool[2]'],
  ['u32 u32', none, 'bool'],
  ['bool bool', none, 'dtype'],
  ...wrongPairs,
];
const logic: readonly Case[] = [
  ['bool[2] bool[2]', none, 'bool[2]'],
  ['bool[2] bool[3]', none, 'shape'],
  ['i32 i32', none, 'dtype'],
  ['bool', none, 'program'],
];

const cases: { readonly [K in Exclude<Op, 'scan' | 'while' | 'call'>]: readonly Case[] } = {
  constant: [
    ['', { dtype: 'f32', shape: [2, 1], value: [1, Number.NaN] }, 'f32[2,1]'],
    ['', { dtype: 'i32', shape: [2], value: [-(2 ** 31), 2 ** 31 - 1] }, 'i32[2]'],
    ['', { dtype: 'u32', shape: [], value: [2 ** 32 - 1] }, 'u32'],
    ['', { dtype: 'bool', shape: [0], value: [] }, 'bool[0]'],
    ['', { dtype: 'f32', shape: [2], value: [1] }, 'attribute'],
    ['', { dtype: 'f32', shape: [-1], value: [] }, 'attribute'],
    ['', { dtype: 'f32', shape: [0.5], value: [] }, 'attribute'],
    ['', { dtype: 'i32', shape: [], value: [0.5] }, 'attribute'],
    ['', { dtype: 'i32', shape: [], value: [2 ** 31] }, 'attribute'],
    ['', { dtype: 'u32', shape: [], value: [-1] }, 'attribute'],
    ['', { dtype: 'bool', shape: [], value: [2] }, 'attribute'],
    ['f32', { dtype: 'f32', shape: [], value: [1] }, 'program'],
  ],
  iota: [
    ['', { dtype: 'i32', shape: ['batch', 3], axis: 0 }, 'i32[batch,3]'],
    ['', { dtype: 'f64', shape: [3], axis: 0 }, 'f64[3]'],
    ['', { dtype: 'bool', shape: [3], axis: 0 }, 'dtype'],
    ['', { dtype: 'i32', shape: [3], axis: 1 }, 'attribute'],
    ['', { dtype: 'i32', shape: [], axis: 0 }, 'attribute'],
    ['', { dtype: 'i32', shape: ['2x'], axis: 0 }, 'attribute'],
    ['', { dtype: 'i32', shape: [-3], axis: 0 }, 'attribute'],
    ['i32', { dtype: 'i32', shape: [3], axis: 0 }, 'program'],
  ],
  dimension: [
    ['', { name: 'time' }, 'i32'],
    ['', { name: '' }, 'attribute'],
    ['', { name: 'a b' }, 'attribute'],
    ['i32', { name: 'time' }, 'program'],
  ],
  neg: signedUnary,
  abs: signedUnary,
  sign: signedUnary,
  floor: floatUnary,
  exp: floatUnary,
  expm1: floatUnary,
  log: floatUnary,
  log1p: floatUnary,
  sin: floatUnary,
  cos: floatUnary,
  sqrt: floatUnary,
  tanh: floatUnary,
  logistic: floatUnary,
  erf: floatUnary,
  add: numericBinary,
  sub: numericBinary,
  mul: numericBinary,
  div: [['f32[2] f32[2]', none, 'f32[2]'], ['i32 i32', none, 'dtype'], ['u32 u32', none, 'dtype'], ...wrongPairs],
  max: signedBinary,
  min: signedBinary,
  eq: [['bool[2] bool[2]', none, 'bool[2]'], ['u32 u32', none, 'bool'], ...wrongPairs],
  lt: order,
  le: order,
  and: logic,
  or: logic,
  not: [
    ['bool[2]', none, 'bool[2]'],
    ['i32', none, 'dtype'],
    ['bool bool', none, 'program'],
  ],
  select: [
    ['bool[batch] f32[batch] f32[batch]', none, 'f32[batch]'],
    ['bool bool bool', none, 'bool'],
    ['i32 f32 f32', none, 'dtype'],
    ['bool u32 u32', none, 'dtype'],
    ['bool f32 i32', none, 'shape'],
    ['bool f32[2] f32[2]', none, 'shape'],
    ['bool[2] f32[2] f32[3]', none, 'shape'],
    ['bool f32', none, 'program'],
  ],
  convert: [
    ['u32[2]', { to: 'f32' }, 'f32[2]'],
    ['bool[2]', { to: 'i32' }, 'i32[2]'],
    ['i32[2]', { to: 'u32' }, 'dtype'],
    ['', { to: 'f32' }, 'program'],
  ],
  reshape: [
    ['f32[2,3]', { shape: [3, 2, 1] }, 'f32[3,2,1]'],
    ['f32[2,batch,6]', { shape: [1, 2, 'batch', 3, 2] }, 'f32[1,2,batch,3,2]'],
    ['f32[0,3]', { shape: [0] }, 'f32[0]'],
    ['f32', { shape: [1] }, 'f32[1]'],
    ['f32[2,3]', { shape: [5] }, 'shape'],
    ['f32[batch,time]', { shape: ['time', 'batch'] }, 'shape'],
    ['f32[batch,2]', { shape: [2, 'batch'] }, 'shape'],
    ['f32[batch]', { shape: [4] }, 'shape'],
    ['f32[2]', { shape: [-2] }, 'attribute'],
    ['', { shape: [1] }, 'program'],
  ],
  transpose: [
    ['f32[2,batch,4]', { permutation: [2, 0, 1] }, 'f32[4,2,batch]'],
    ['f32', { permutation: [] }, 'f32'],
    ['f32[2,3]', { permutation: [0] }, 'attribute'],
    ['f32[2,3]', { permutation: [0, 0] }, 'attribute'],
    ['f32[2,3]', { permutation: [0, 2] }, 'attribute'],
    ['', { permutation: [] }, 'program'],
  ],
  broadcast: [
    ['f32[3]', { shape: ['batch', 3], axes: [1] }, 'f32[batch,3]'],
    ['f32', { shape: [2], axes: [] }, 'f32[2]'],
    ['f32[1]', { shape: [2], axes: [0] }, 'shape'],
    ['f32[2,3]', { shape: [3, 2], axes: [1, 0] }, 'attribute'],
    ['f32[3]', { shape: [2, 3], axes: [] }, 'attribute'],
    ['f32[3]', { shape: [2, 3], axes: [2] }, 'attribute'],
    ['f32[3]', { shape: [-2, 3], axes: [1] }, 'attribute'],
    ['', { shape: [2], axes: [] }, 'program'],
  ],
  slice: [
    ['f32[batch,4]', { axis: 1, start: 1, limit: 3 }, 'f32[batch,2]'],
    ['f32[4]', { axis: 0, start: 4, limit: 4 }, 'f32[0]'],
    ['f32[4]', { axis: 0, start: 1, limit: 5 }, 'attribute'],
    ['f32[4]', { axis: 0, start: 3, limit: 2 }, 'attribute'],
    ['f32[4]', { axis: 0, start: -1, limit: 2 }, 'attribute'],
    ['f32[4]', { axis: 0, start: 0.5, limit: 2 }, 'attribute'],
    ['f32[4]', { axis: 1, start: 0, limit: 1 }, 'attribute'],
    ['f32[batch]', { axis: 0, start: 0, limit: 1 }, 'shape'],
    ['', { axis: 0, start: 0, limit: 1 }, 'program'],
  ],
  pad: [
    ['f32[batch,4]', { axis: 1, low: 1, high: 2 }, 'f32[batch,7]'],
    ['f32[0]', { axis: 0, low: 0, high: 0 }, 'f32[0]'],
    ['f32[4]', { axis: 0, low: -1, high: 0 }, 'attribute'],
    ['f32[4]', { axis: 0, low: 0, high: 0.5 }, 'attribute'],
    ['f32[4]', { axis: 0, low: Number.MAX_SAFE_INTEGER, high: 0 }, 'attribute'],
    ['f32[4]', { axis: 2, low: 0, high: 0 }, 'attribute'],
    ['f32[batch]', { axis: 0, low: 1, high: 0 }, 'shape'],
    ['', { axis: 0, low: 1, high: 0 }, 'program'],
  ],
  concat: [
    ['f32[batch,2] f32[batch,3] f32[batch,0]', { axis: 1 }, 'f32[batch,5]'],
    ['u32[2]', { axis: 0 }, 'u32[2]'],
    ['f32[2] i32[2]', { axis: 0 }, 'dtype'],
    ['f32[2,3] f32[2,4]', { axis: 0 }, 'shape'],
    ['f32[2] f32[2,1]', { axis: 0 }, 'shape'],
    ['f32[batch] f32[batch]', { axis: 0 }, 'shape'],
    ['f32 f32', { axis: 0 }, 'attribute'],
    ['', { axis: 0 }, 'program'],
  ],
  reverse: [
    ['f32[time,2]', { axis: 0 }, 'f32[time,2]'],
    ['f32[2]', { axis: 1 }, 'attribute'],
    ['', { axis: 0 }, 'program'],
  ],
  gather: [
    ['f32[5,7,9] i32[batch,2]', { axis: 1 }, 'f32[5,batch,2,9]'],
    ['bool[vocabulary] i32', { axis: 0 }, 'bool'],
    ['f32[5] f32[2]', { axis: 0 }, 'dtype'],
    ['u32[5] i32[2]', { axis: 0 }, 'dtype'],
    ['f32[0] i32[2]', { axis: 0 }, 'shape'],
    ['f32[5] i32[2]', { axis: 1 }, 'attribute'],
    ['f32[5]', { axis: 0 }, 'program'],
  ],
  scatter_add: [
    ['f32[5,batch,2,9] i32[batch,2]', { axis: 1, size: 7 }, 'f32[5,7,9]'],
    ['i32 i32', { axis: 0, size: 'vocabulary' }, 'i32[vocabulary]'],
    ['f32[2] f32[2]', { axis: 0, size: 3 }, 'dtype'],
    ['u32[2] i32[2]', { axis: 0, size: 3 }, 'dtype'],
    ['bool[2] i32[2]', { axis: 0, size: 3 }, 'dtype'],
    ['f32[2] i32[3]', { axis: 0, size: 3 }, 'shape'],
    ['f32[2] i32[2]', { axis: 0, size: 0 }, 'shape'],
    ['f32[2] i32[2]', { axis: 1, size: 3 }, 'attribute'],
    ['f32[2] i32[2]', { axis: 0, size: -3 }, 'attribute'],
    ['f32[2]', { axis: 0, size: 3 }, 'program'],
  ],
  reduce_sum: [
    ['f32[2,batch,4]', { axes: [0, 1] }, 'f32[4]'],
    ['i32[2]', { axes: [] }, 'i32[2]'],
    ['f32[0]', { axes: [0] }, 'f32'],
    ['u32[2]', { axes: [0] }, 'dtype'],
    ['bool[2]', { axes: [0] }, 'dtype'],
    ['f32[2]', { axes: [1] }, 'attribute'],
    ['f32[2,2]', { axes: [0, 0] }, 'attribute'],
    ['', { axes: [] }, 'program'],
  ],
  reduce_max: [
    ['f32[2,batch]', { axes: [0] }, 'f32[batch]'],
    ['f32[0,2]', { axes: [0] }, 'shape'],
    ['f32[0,2]', { axes: [1] }, 'f32[0]'],
    ['u32[2]', { axes: [0] }, 'dtype'],
    ['f32[2]', { axes: [-1] }, 'attribute'],
    ['f32[2]', { axes: [0, 0] }, 'attribute'],
    ['', { axes: [] }, 'program'],
  ],
  argmax: [
    ['f32[batch,4]', { axis: 1 }, 'i32[batch]'],
    ['f32[0]', { axis: 0 }, 'shape'],
    ['bool[2]', { axis: 0 }, 'dtype'],
    ['f32[2]', { axis: 1 }, 'attribute'],
    ['', { axis: 0 }, 'program'],
  ],
  dot: [
    ['f32[batch,5] f32[5,3]', { contract: [[1], [0]], batch: [[], []] }, 'f32[batch,3]'],
    [
      'f32[time,batch,2] f32[time,batch,3]',
      {
        contract: [
          [0, 1],
          [0, 1],
        ],
        batch: [[], []],
      },
      'f32[2,3]',
    ],
    ['f64[7,2,5] f64[5,7,3]', { contract: [[2], [0]], batch: [[0], [1]] }, 'f64[7,2,3]'],
    ['f32[2] f32[3]', { contract: [[], []], batch: [[], []] }, 'f32[2,3]'],
    ['i32[2] i32[2]', { contract: [[0], [0]], batch: [[], []] }, 'dtype'],
    ['f32[2] f64[2]', { contract: [[0], [0]], batch: [[], []] }, 'dtype'],
    ['f32[2] f32[3]', { contract: [[0], [0]], batch: [[], []] }, 'shape'],
    ['f32[2] f32[3]', { contract: [[], []], batch: [[0], [0]] }, 'shape'],
    ['f32[2] f32[2]', { contract: [[0], []], batch: [[], []] }, 'attribute'],
    ['f32[2] f32[2]', { contract: [[0], [0]], batch: [[0], [0]] }, 'attribute'],
    ['f32[2] f32[2]', { contract: [[1], [0]], batch: [[], []] }, 'attribute'],
    ['f32[2]', { contract: [[], []], batch: [[], []] }, 'program'],
  ],
  random_bits: [
    ['u32[2] u32[batch,3] u32[batch,3]', { bits: 24 }, 'u32[batch,3]'],
    ['i32[2] u32[3] u32[3]', { bits: 24 }, 'dtype'],
    ['u32[3] u32[3] u32[3]', { bits: 24 }, 'shape'],
    ['u32[2] u32[3] u32[4]', { bits: 24 }, 'shape'],
    ['u32[2] u32[3] u32[3]', { bits: 0 }, 'attribute'],
    ['u32[2] u32[3] u32[3]', { bits: 33 }, 'attribute'],
    ['u32[2] u32[3] u32[3]', { bits: 1.5 }, 'attribute'],
    ['u32[2] u32[3]', { bits: 1 }, 'program'],
  ],
};

const codes: readonly ErrorCode[] = ['shape', 'dtype', 'attribute', 'program'];

describe.each(Object.entries(cases))('%s', (op, list) => {
  test.each(list)('(%s) %j gives %s', (operands, attributes, result) => {
    let found: string;
    try {
      found = inferTypes(op as Op, typesOf(operands), attributes as Attributes[Op], 'model/0')
        .map(formatType)
        .join(' ');
    } catch (error) {
      if (!isRheoError(error)) throw error;
      expect(error.message).toMatch(`@rheo/ir: layer model/0: ${op}: `);
      expect(error.details).toMatchObject({ op, layer: 'model/0', shapes: typesOf(operands).map(formatType) });
      found = error.code;
    }
    expect(found).toBe(codes.some((code) => code === result) ? result : typesOf(result).map(formatType).join(' '));
  });
});

test('every op without nested Programs has cases here, good and bad', () => {
  expect([...Object.keys(cases), 'scan', 'while', 'call']).toEqual(ops);
  for (const list of Object.values(cases)) {
    const bad = list.filter(([, , result]) => codes.some((code) => code === result));
    expect(bad.length).toBeGreaterThan(0);
    expect(bad.length).toBeLessThan(list.length);
  }
});
