/**
 * Views: how a value lies in memory, and what the movement ops make of it without moving anything.
 *
 * The same ops act on index maps (an affine index per axis of a value) when a value is computed inside a kernel.
 * `undefined` says that the result is not affine: then the operand must be copied densely first.
 */

import type { Instruction } from '@rheo/ir';
import type { Access, Affine, LoopTerm } from './kernels.ts';

/** A value in memory: element strides per axis from an offset. */
export interface View {
  readonly buffer: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly loops: readonly LoopTerm[];
  /** Number of loops within which the contents change; work on a view may move out to there. */
  readonly depth: number;
}

/** Index of a value per axis, as functions of a kernel's axes. */
export type IndexMap = readonly Affine[];

/** Strides of a dense row-major array. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** A dense view of a whole buffer. */
export function denseView(buffer: number, shape: readonly number[], depth: number): View {
  return { buffer, offset: 0, shape, strides: denseStrides(shape), loops: [], depth };
}

/** True if the elements lie one after the other in row-major order. */
export function isDense(view: View): boolean {
  const dense = denseStrides(view.shape);
  return view.shape.every((dim, axis) => dim === 1 || dense[axis] === view.strides[axis]) || sizeOf(view.shape) === 0;
}

/** The map that reads every axis at its own index. */
export function identityMap(rank: number): IndexMap {
  return Array.from({ length: rank }, (_, axis) => ({
    constant: 0,
    coefficients: Array.from({ length: rank }, (_unused, other) => (other === axis ? 1 : 0)),
  }));
}

/** The address of a view's element at an index map. */
export function accessAt(view: View, map: IndexMap, rank: number): Access {
  let offset = view.offset;
  const strides = new Array<number>(rank).fill(0);
  map.forEach((index, axis) => {
    const stride = view.strides[axis] as number;
    offset += index.constant * stride;
    index.coefficients.forEach((coefficient, kernelAxis) => {
      strides[kernelAxis] = (strides[kernelAxis] as number) + coefficient * stride;
    });
  });
  return { buffer: view.buffer, offset, strides, loops: view.loops };
}

/** So many elements of an axis, from `start` on. */
export function range(view: View, axis: number, start: number, size: number): View {
  return {
    ...view,
    offset: view.offset + start * (view.strides[axis] as number),
    shape: view.shape.map((dim, i) => (i === axis ? size : dim)),
  };
}

/** The operand's view turned into the result's view by a movement op, when that is possible without a copy. */
export function moveView(view: View, instruction: Instruction): View | undefined {
  switch (instruction.op) {
    case 'slice': {
      const { axis, start, limit } = instruction.attributes;
      return range(view, axis, start, limit - start);
    }
    case 'reverse': {
      const { axis } = instruction.attributes;
      const stride = view.strides[axis] as number;
      const last = Math.max(0, (view.shape[axis] as number) - 1);
      return {
        ...view,
        offset: view.offset + last * stride,
        strides: view.strides.map((s, i) => (i === axis ? -s : s)),
      };
    }
    case 'transpose': {
      const { permutation } = instruction.attributes;
      return {
        ...view,
        shape: permutation.map((axis) => view.shape[axis] as number),
        strides: permutation.map((axis) => view.strides[axis] as number),
      };
    }
    case 'broadcast': {
      const shape = instruction.attributes.shape as readonly number[];
      const strides = new Array<number>(shape.length).fill(0);
      instruction.attributes.axes.forEach((axis, operandAxis) => {
        strides[axis] = view.strides[operandAxis] as number;
      });
      return { ...view, shape, strides };
    }
    case 'reshape': {
      const shape = instruction.attributes.shape as readonly number[];
      const strides = reshapeStrides(view.shape, view.strides, shape);
      return strides === undefined ? undefined : { ...view, shape, strides };
    }
    default:
      return undefined;
  }
}

/** The index map of a movement op's operand, from that of its result; undefined when it is not affine. */
export function moveMap(
  map: IndexMap,
  instruction: Instruction,
  operandShape: readonly number[],
): IndexMap | undefined {
  switch (instruction.op) {
    case 'slice': {
      const { axis, start } = instruction.attributes;
      return map.map((index, i) => (i === axis ? { ...index, constant: index.constant + start } : index));
    }
    case 'reverse': {
      const { axis } = instruction.attributes;
      const last = (operandShape[axis] as number) - 1;
      return map.map((index, i) =>
        i === axis
          ? { constant: last - index.constant, coefficients: index.coefficients.map((c) => (c === 0 ? 0 : -c)) }
          : index,
      );
    }
    case 'transpose': {
      const out = new Array<Affine>(map.length);
      instruction.attributes.permutation.forEach((axis, i) => {
        out[axis] = map[i] as Affine;
      });
      return out;
    }
    case 'broadcast':
      return instruction.attributes.axes.map((axis) => map[axis] as Affine);
    case 'reshape': {
      // An operand axis must be a mixed-radix sum of result axes: its "view" has unit strides per operand axis.
      const shape = instruction.attributes.shape as readonly number[];
      const rank = map[0]?.coefficients.length ?? 0;
      const out: Affine[] = [];
      for (let axis = 0; axis < operandShape.length; axis++) {
        const unit = operandShape.map((_, i) => (i === axis ? 1 : 0));
        const strides = splitAxis(operandShape, unit, shape, axis);
        if (strides === undefined) return undefined;
        let constant = 0;
        const coefficients = new Array<number>(rank).fill(0);
        strides.forEach((stride, resultAxis) => {
          const index = map[resultAxis] as Affine;
          constant += stride * index.constant;
          index.coefficients.forEach((c, j) => {
            coefficients[j] = (coefficients[j] as number) + stride * c;
          });
        });
        out.push({ constant, coefficients });
      }
      return out;
    }
    default:
      return undefined;
  }
}

/** True if a reshape's operand can be indexed affinely: no operand axes of more than one element are merged. */
export function reshapeSplitsOnly(from: readonly number[], to: readonly number[]): boolean {
  return segmentsOf(from, to).every((segment) => segment.from.filter((axis) => from[axis] !== 1).length <= 1);
}

/** Strides after a reshape, when every run of merged axes lies evenly in memory. */
function reshapeStrides(
  from: readonly number[],
  strides: readonly number[],
  to: readonly number[],
): number[] | undefined {
  if (sizeOf(from) === 0) return to.map(() => 0);
  const out = new Array<number>(to.length).fill(0);
  for (const segment of segmentsOf(from, to)) {
    const axes = segment.from.filter((axis) => from[axis] !== 1);
    for (let i = 0; i + 1 < axes.length; i++) {
      const outer = axes[i] as number;
      const inner = axes[i + 1] as number;
      if (strides[outer] !== (strides[inner] as number) * (from[inner] as number)) return undefined;
    }
    let stride = axes.length === 0 ? 0 : (strides[axes.at(-1) as number] as number);
    for (const axis of [...segment.to].reverse()) {
      out[axis] = stride;
      stride *= to[axis] as number;
    }
  }
  return out;
}

function splitAxis(
  from: readonly number[],
  unit: readonly number[],
  to: readonly number[],
  axis: number,
): number[] | undefined {
  const out = new Array<number>(to.length).fill(0);
  for (const segment of segmentsOf(from, to)) {
    const wide = segment.from.filter((a) => from[a] !== 1);
    if (wide.length > 1) return undefined;
    if (wide[0] !== axis) continue;
    let stride = unit[axis] as number;
    for (const resultAxis of [...segment.to].reverse()) {
      out[resultAxis] = stride;
      stride *= to[resultAxis] as number;
    }
  }
  return out;
}

/** Smallest runs of axes on both sides of a reshape with equal products. */
export function segmentsOf(from: readonly number[], to: readonly number[]): { from: number[]; to: number[] }[] {
  const out: { from: number[]; to: number[] }[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const segment = { from: [] as number[], to: [] as number[] };
    let left = 1;
    let right = 1;
    do {
      if ((left <= right && i < from.length) || j >= to.length) {
        left *= from[i] as number;
        segment.from.push(i++);
      } else {
        right *= to[j] as number;
        segment.to.push(j++);
      }
    } while (left !== right && (i < from.length || j < to.length));
    // Trailing ones belong to this segment, so that no segment is empty on one side only.
    while (i < from.length && from[i] === 1) segment.from.push(i++);
    while (j < to.length && to[j] === 1) segment.to.push(j++);
    out.push(segment);
  }
  return out;
}

/** Drops axes of size 1 and merges neighbours that every stride vector allows to merge. */
export function collapse(
  shape: readonly number[],
  vectors: readonly (readonly number[])[],
): { shape: number[]; vectors: number[][]; axes: number[][] } {
  const outShape: number[] = [];
  const out = vectors.map(() => [] as number[]);
  const axes: number[][] = [];
  shape.forEach((dim, axis) => {
    if (dim === 1) return;
    const last = outShape.length - 1;
    const merge = last >= 0 && vectors.every((vector, i) => out[i]?.[last] === (vector[axis] as number) * dim);
    if (merge) {
      outShape[last] = (outShape[last] as number) * dim;
      vectors.forEach((vector, i) => {
        (out[i] as number[])[last] = vector[axis] as number;
      });
      (axes[last] as number[]).push(axis);
    } else {
      outShape.push(dim);
      vectors.forEach((vector, i) => {
        (out[i] as number[]).push(vector[axis] as number);
      });
      axes.push([axis]);
    }
  });
  return { shape: outShape, vectors: out, axes };
}
