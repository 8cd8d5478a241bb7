/**
 * What one call of a kernel has to do, counted from its lowered step: arithmetic, functions, bytes.
 *
 * Counts are of the step as it stands, not of the code that a target makes of it: every node is evaluated at every point,
 * padding is not counted as arithmetic, and an element that several points read is one element. So bytes are the least
 * that must move between memory and processor if nothing is in a cache when the call begins.
 */

import type { DType, Op, RuleTable } from '@rheo/ir';
import type { Access, LoopStep, Node, Step, Store, WhileStep } from '../kernels.ts';
import { packedSize } from '../kernels.ts';

/** A step that computes; loops only repeat them. */
export type KernelStep = Exclude<Step, LoopStep | WhileStep>;

/** Work of one call. */
export interface Work {
  /** Additions, subtractions, multiplications, divisions, maxima, roots and the like on floats; a·b + c is two. */
  readonly flops: number;
  /** Transcendental functions and random draws, each of which is many instructions. */
  readonly functions: number;
  /** Bytes read and written, each element once. */
  readonly bytes: number;
}

type Cost = 'flop' | 'function' | 'none';

/** What evaluating an op at one point counts as. Comparisons, selections and moves are free. */
const costs: RuleTable<{ readonly [K in Op]: Cost }> = {
  constant: 'none',
  iota: 'none',
  dimension: 'none',
  neg: 'flop',
  abs: 'flop',
  sign: 'flop',
  floor: 'flop',
  exp: 'function',
  expm1: 'function',
  log: 'function',
  log1p: 'function',
  sin: 'function',
  cos: 'function',
  sqrt: 'flop',
  tanh: 'function',
  logistic: 'function',
  erf: 'function',
  add: 'flop',
  sub: 'flop',
  mul: 'flop',
  div: 'flop',
  max: 'flop',
  min: 'flop',
  eq: 'none',
  lt: 'none',
  le: 'none',
  and: 'none',
  or: 'none',
  not: 'none',
  select: 'none',
  convert: 'none',
  reshape: 'none',
  transpose: 'none',
  broadcast: 'none',
  slice: 'none',
  pad: 'none',
  concat: 'none',
  reverse: 'none',
  gather: 'none',
  scatter_add: 'none',
  reduce_sum: 'none',
  reduce_max: 'none',
  argmax: 'none',
  dot: 'none',
  random_bits: 'function',
  scan: 'none',
  while: 'none',
  call: 'none',
};

const elementBytes = 4;
const isFloat = (dtype: DType): boolean => dtype === 'f32' || dtype === 'f64';
const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** Elements that an access reaches over `shape`. */
function elements({ strides }: Access, shape: readonly number[]): number {
  return product(shape.map((size, axis) => (strides[axis] === 0 ? Math.min(size, 1) : size)));
}

const keyOf = ({ buffer, offset, strides, loops }: Access): string =>
  [buffer, offset, strides.join(), loops.map(({ loop, stride }) => `${loop}*${stride}`).join()].join(':');

/** Work of evaluating nodes over a shape and storing; equal accesses are read once. */
function evaluation(nodes: readonly Node[], stores: readonly Store[], shape: readonly number[]): Work {
  const points = product(shape);
  const read = new Map<string, number>();
  let [flops, functions] = [0, 0];
  for (const node of nodes) {
    if (node.kind === 'load') read.set(keyOf(node.access), elements(node.access, shape));
    // Which element it is depends on the numbers, so each point counts.
    else if (node.kind === 'gather') read.set(`${keyOf(node.access)} by ${node.index}`, points);
    else if (node.kind === 'op') {
      const cost = costs[node.op];
      if (cost === 'function') functions += points;
      else if (cost === 'flop' && isFloat(node.dtype)) flops += points;
    }
  }
  const written = stores.reduce((sum, { access }) => sum + elements(access, shape), 0);
  const moved = [...read.values()].reduce((sum, count) => sum + count, written);
  return { flops, functions, bytes: moved * elementBytes };
}

/** Work of one call of a kernel. */
export function workOf(step: KernelStep): Work {
  switch (step.kind) {
    case 'map':
      return evaluation(step.nodes, step.stores, step.shape);
    case 'reduce': {
      const inner = evaluation(step.nodes, step.stores, step.shape);
      const sums = isFloat(step.dtype) ? product(step.shape) * step.stores.length : 0;
      return { ...inner, flops: inner.flops + sums };
    }
    case 'sums': {
      const inner = evaluation(step.nodes, step.stores, step.shape);
      const held = step.stores.reduce((sum, { access }) => sum + elements(access, step.shape), 0);
      return {
        ...inner,
        flops: inner.flops + product(step.shape) * step.stores.length,
        bytes: inner.bytes + held * elementBytes,
      };
    }
    case 'argmax': {
      const results = product(step.shape);
      const read = elements(step.load, step.shape) * (step.stride === 0 ? 1 : step.size);
      return { flops: 0, functions: 0, bytes: (read + results) * elementBytes };
    }
    case 'pack': {
      const items = product(step.batch.map(({ size, stride }) => (stride === 0 ? 1 : size)));
      const moved = step.k * step.n + packedSize(step.k, step.n, step.panel);
      return { flops: 0, functions: 0, bytes: items * moved * elementBytes };
    }
    case 'product': {
      const { m, n, k, a, mStride, kStride, batch, epilogue } = step;
      const items = product(batch.map(({ size }) => size));
      const rest = evaluation(epilogue.nodes, epilogue.stores, epilogue.shape);
      const own = (stride: number, size: number): number => (stride === 0 ? 1 : size);
      const left = product(batch.map(({ size }, axis) => own(a.strides[axis] ?? 0, size)));
      const right = step.natural === undefined ? packedItems(step) : naturalItems(step);
      const read = left * own(mStride, m) * own(kStride, k) + right;
      return { ...rest, flops: rest.flops + 2 * items * m * n * k, bytes: rest.bytes + read * elementBytes };
    }
    case 'scatter': {
      const inner = evaluation(step.nodes, [], step.shape);
      const points = product(step.shape);
      const sums = isFloat(step.dtype) ? points : 0;
      // Cleared once; then each update reads and writes an element that depends on the numbers.
      const moved = step.clear + 2 * points;
      return { ...inner, flops: inner.flops + sums, bytes: inner.bytes + moved * elementBytes };
    }
  }
}

type Product = Extract<KernelStep, { kind: 'product' }>;

function packedItems({ k, n, panel, batch }: Product): number {
  return packedSize(k, n, panel) * product(batch.map(({ size, packedStride }) => (packedStride === 0 ? 1 : size)));
}

function naturalItems({ k, n, batch, natural }: Product): number {
  const strides = natural?.access.strides ?? [];
  const items = product(batch.map(({ size }, axis) => (strides[axis] === 0 ? 1 : size)));
  return items * (natural?.kStride === 0 ? 1 : k) * (natural?.nStride === 0 ? 1 : n);
}
