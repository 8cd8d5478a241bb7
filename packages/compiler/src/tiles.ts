/**
 * Finds the axes along which a Program falls apart into independent tiles, and the region that a tile loop may wrap.
 *
 * An axis is parallel if it is only carried along, or summed into values that flow by nothing but `add` into a carry
 * or out of the region: those become accumulators private to a tile, combined in tile order. Tiles depend on shapes
 * only, so results do not depend on how many threads take them. This file decides what is legal, not what pays.
 */

import type { Instruction, Program, ValueId } from '@rheo/ir';
import type { AxisBlock, AxisGraph } from './axis-variables.ts';
import { unifyAxes } from './axis-variables.ts';

/** A parallel axis and the region around which its tile loop may go. */
export interface TileAxis {
  readonly size: number | string;
  /** Axis of each value of the top level that runs along it; −1 for a value that does not. */
  readonly axisOf: readonly number[];
  /** Instructions of the top level inside the tile loop, in order. */
  readonly region: readonly ValueId[];
  /** Values of the top level that hold one partial sum per tile, to be added up after the loop. */
  readonly accumulators: readonly ValueId[];
}

/** An axis that cannot be tiled, and the first reason why. */
export interface CoupledAxis {
  readonly size: number | string;
  readonly why: string;
}

/** What `analyseTiles` found; the axes with the most work come first. */
export interface TileAnalysis {
  readonly parallel: readonly TileAxis[];
  readonly coupled: readonly CoupledAxis[];
}

/** Analyses a Program without calls. Axes of one element are left out. */
export function analyseTiles(program: Program): TileAnalysis {
  const graph = unifyAxes(program);
  const present = new Map<number, number>();
  const count = (block: AxisBlock, weight: number): void => {
    for (const axes of block.axes) for (const variable of axes) bump(present, graph.find(variable), weight);
    for (const bodies of block.bodies.values()) for (const body of bodies) count(body, weight * 8);
  };
  count(graph.root, 1);
  const reasons = new Map<number, string>();
  for (const { variable, why } of graph.couplings) if (!reasons.has(variable)) reasons.set(variable, why);
  const parallel: { axis: TileAxis; weight: number }[] = [];
  const coupled: CoupledAxis[] = [];
  for (const [variable, weight] of present) {
    const size = graph.size(variable);
    if (size === 1) continue;
    const found = reasons.get(variable) ?? tile(graph, variable);
    if (typeof found === 'string') coupled.push({ size, why: found });
    else if (found.region.length > 0) parallel.push({ axis: found, weight });
  }
  parallel.sort((a, b) => b.weight - a.weight);
  return { parallel: parallel.map(({ axis }) => axis), coupled };
}

/** The tile loop of a variable, or why there is none. */
function tile(graph: AxisGraph, variable: number): TileAxis | string {
  const partial = partialValues(graph, variable);
  if (typeof partial === 'string') return partial;
  const { program, axes } = graph.root;
  const axisOf = axes.map((list) => list.findIndex((axis) => graph.find(axis) === variable));
  const along = (id: ValueId): boolean => (axisOf[id] ?? -1) >= 0;
  const region: ValueId[] = [];
  const accumulators: ValueId[] = [];
  const top = partial.get(graph.root) ?? new Set<ValueId>();
  const after = new Set<ValueId>();
  for (const instruction of program.instructions) {
    const results = resultsOf(instruction);
    const reads = instruction.operands;
    const late = reads.some((id) => after.has(id) || top.has(id));
    const inside = results.some(along) || reads.some(along) || results.some((id) => top.has(id) && !late);
    if (inside && late && reads.some(along)) {
      return `a sum over it is used by what runs along it (${instruction.op} %${instruction.id})`;
    }
    if (inside && !late) {
      region.push(instruction.id);
      for (const id of results) if (top.has(id)) accumulators.push(id);
    } else if (late) for (const id of results) after.add(id);
  }
  return { size: graph.size(variable), axisOf, region, accumulators };
}

/**
 * Values per block that hold sums over a variable: a sum, what adds sums up, and what a loop carries or stacks of
 * them. Inside a loop body nothing else may read them.
 */
function partialValues(graph: AxisGraph, variable: number): Map<AxisBlock, Set<ValueId>> | string {
  const partial = new Map<AxisBlock, Set<ValueId>>();
  const blocks: { block: AxisBlock; parent: AxisBlock | undefined; owner: Instruction | undefined }[] = [];
  const collect = (block: AxisBlock, parent: AxisBlock | undefined, owner: Instruction | undefined): void => {
    partial.set(block, new Set());
    blocks.push({ block, parent, owner });
    for (const instruction of block.program.instructions) {
      for (const body of block.bodies.get(instruction.id) ?? []) collect(body, block, instruction);
    }
  };
  collect(graph.root, undefined, undefined);
  for (const reduction of graph.reductions) {
    if (reduction.variable === variable) partial.get(reduction.block)?.add(reduction.value);
  }
  for (let changed = true; changed; ) {
    changed = false;
    const mark = (block: AxisBlock, id: ValueId): void => {
      const set = partial.get(block);
      if (set === undefined || set.has(id)) return;
      set.add(id);
      changed = true;
    };
    for (const { block, parent, owner } of blocks) {
      const set = partial.get(block) as Set<ValueId>;
      if (parent === undefined || owner?.op !== 'scan') continue;
      for (const instruction of block.program.instructions) {
        if (instruction.op === 'add' && instruction.operands.some((id) => set.has(id))) mark(block, instruction.id);
      }
      const { consts, carries } = owner.attributes;
      block.program.results.forEach((id, index) => {
        if (!set.has(id)) return;
        mark(parent, owner.id + index);
        if (index < carries) mark(block, consts + index);
      });
    }
  }
  for (const { block, parent, owner } of blocks) {
    if (parent === undefined) continue;
    const set = partial.get(block) as Set<ValueId>;
    if (set.size > 0 && owner?.op !== 'scan') return `a sum over it steers a ${owner?.op ?? 'loop'}`;
    for (const instruction of block.program.instructions) {
      const reads = instruction.operands.filter((id) => set.has(id));
      if (reads.length === 0) continue;
      if (instruction.op === 'add') {
        const others = instruction.operands.filter((id) => !set.has(id));
        // A sum plus something that is not a sum would be added once per tile.
        if (others.length === 0) continue;
        return `a sum over it is added to something else (add %${instruction.id})`;
      }
      return `a sum over it is used within a step (${instruction.op} %${instruction.id})`;
    }
  }
  return partial;
}

function resultsOf(instruction: Instruction): ValueId[] {
  return instruction.types.map((_, index) => instruction.id + index);
}

function bump(map: Map<number, number>, key: number, by: number): void {
  map.set(key, (map.get(key) ?? 0) + by);
}
