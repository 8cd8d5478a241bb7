/**
 * Finds the axes along which a Program falls apart into independent tiles, and the region that a tile loop may wrap.
 *
 * An axis is parallel if it is only carried along, or summed into values that flow by linear ops alone into a carry or
 * out of the region: those become accumulators private to a tile, combined in tile order. Tiles depend on shapes
 * only, so results do not depend on how many threads take them. This file decides what is legal, not what pays.
 */

import type { Instruction, Op, Program, ValueId } from '@rheo/ir';
import { nestedPrograms } from '@rheo/ir';
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

/** A parallel axis with its variable in the graph. */
export interface FoundAxis {
  readonly axis: TileAxis;
  readonly variable: number;
}

/** Analyses a Program without calls. Axes of one element are left out. */
export function analyseTiles(program: Program): TileAnalysis {
  const graph = unifyAxes(program);
  const parallel: TileAxis[] = [];
  const coupled: CoupledAxis[] = [];
  for (const { found, size } of examined(graph)) {
    if (typeof found === 'string') coupled.push({ size, why: found });
    else if (found.region.length > 0) parallel.push(found);
  }
  return { parallel, coupled };
}

/** The axis with the most work that may be tiled and whose region is wanted. */
export function findTile(graph: AxisGraph, wanted: (axis: TileAxis) => boolean): FoundAxis | undefined {
  for (const { found, variable } of examined(graph)) {
    if (typeof found !== 'string' && found.region.length > 0 && wanted(found)) return { axis: found, variable };
  }
  return undefined;
}

/** Axes of more than one element, those with the most work first: how they may be tiled, or why not. */
function* examined(
  graph: AxisGraph,
): Generator<{ readonly variable: number; readonly size: number | string; readonly found: TileAxis | string }> {
  const present = new Map<number, number>();
  const count = (block: AxisBlock, weight: number): void => {
    for (const axes of block.axes) for (const variable of axes) bump(present, graph.find(variable), weight);
    for (const bodies of block.bodies.values()) for (const body of bodies) count(body, weight * 8);
  };
  count(graph.root, 1);
  const reasons = new Map<number, string>();
  for (const { variable, why } of graph.couplings) if (!reasons.has(variable)) reasons.set(variable, why);
  for (const [variable] of [...present].sort(([, a], [, b]) => b - a)) {
    const size = graph.size(variable);
    if (size !== 1) yield { variable, size, found: reasons.get(variable) ?? tile(graph, variable) };
  }
}

/** The tile loop of a variable, or why there is none. */
function tile(graph: AxisGraph, variable: number): TileAxis | string {
  const twice = meetsItself(graph, graph.root, variable);
  if (twice !== undefined) return `%${twice} holds every pair of its rows`;
  const partial = partialValues(graph, variable);
  if (typeof partial === 'string') return partial;
  const { program, axes } = graph.root;
  const further = sumFurther(program, partial.get(graph.root));
  const axisOf = axes.map((list) => list.findIndex((axis) => graph.find(axis) === variable));
  const along = (id: ValueId): boolean => (axisOf[id] ?? -1) >= 0;
  const top = partial.get(graph.root) ?? new Set<ValueId>();
  const before = new Set<ValueId>();
  for (;;) {
    const region: ValueId[] = [];
    const accumulators: ValueId[] = [];
    const after = new Set<ValueId>();
    const made = new Set<ValueId>();
    let early: ValueId | undefined;
    for (const instruction of program.instructions) {
      if (before.has(instruction.id)) continue;
      const results = resultsOf(instruction);
      const reads = instruction.operands.filter((id) => !before.has(id));
      const late = reads.some((id) => after.has(id) || (top.has(id) && !further.has(instruction.id)));
      // What follows from a result that is the same in every tile stays beside it: a later part of the region may need it.
      const follows = reads.some((id) => made.has(id) && !top.has(id));
      const rows = instruction.operands.some(along);
      const inside = follows || results.some(along) || rows || results.some((id) => top.has(id) && !late);
      if (inside && late && rows) {
        early = instruction.id;
        break;
      }
      if (inside && !late) {
        region.push(instruction.id);
        for (const id of results) {
          made.add(id);
          if (top.has(id)) accumulators.push(id);
        }
      } else if (late) for (const id of results) after.add(id);
    }
    if (early === undefined) return { size: graph.size(variable), axisOf, region, accumulators };
    // A sum over rows of what needs no loop, such as their weights in a mean, is made for all rows ahead of the tiles.
    if (!bringForward(program, early, top, before)) {
      const { op } = program.instructions.find(({ id }) => id === early) as Instruction;
      return `a sum over it is used by what runs along it (${op} %${early})`;
    }
  }
}

/**
 * Sums of partial sums over other axes, such as time, where nobody else reads those: each tile takes them of its own, and
 * leaves the little that comes out. They are added to the partial sums. As nobody else reads those, what needs one ahead of
 * the tiles needs the other too: `bringForward` moves both.
 */
function sumFurther(program: Program, sums: Set<ValueId> | undefined): ReadonlySet<ValueId> {
  const further = new Set<ValueId>();
  if (sums === undefined || sums.size === 0) return further;
  const readers = new Map<ValueId, number>();
  const read = (id: ValueId): unknown => readers.set(id, (readers.get(id) ?? 0) + 1);
  for (const { operands } of program.instructions) operands.forEach(read);
  program.results.forEach(read);
  for (const { op, id, operands } of program.instructions) {
    const [operand] = operands;
    if (op !== 'reduce_sum' || operand === undefined || !sums.has(operand) || readers.get(operand) !== 1) continue;
    further.add(id);
    sums.add(id);
  }
  return further;
}

/** Adds to `before` the sums that an instruction needs and what they are made of; false if that is a loop, or nothing new. */
function bringForward(program: Program, reader: ValueId, sums: ReadonlySet<ValueId>, before: Set<ValueId>): boolean {
  const makers = new Map(program.instructions.flatMap((made) => resultsOf(made).map((id) => [id, made] as const)));
  const wanted = new Set<ValueId>();
  const need = (id: ValueId): boolean => {
    const maker = makers.get(id);
    // Numbers that are written down are made wherever they are read.
    if (maker === undefined || maker.op === 'constant' || maker.op === 'iota') return true;
    if (before.has(id) || wanted.has(id)) return true;
    wanted.add(id);
    return nestedPrograms(maker).length === 0 && maker.operands.every(need);
  };
  const seen = new Set<ValueId>();
  const needSums = (id: ValueId): boolean => {
    if (seen.has(id)) return true;
    seen.add(id);
    return sums.has(id) ? need(id) : (makers.get(id)?.operands ?? []).every(needSums);
  };
  if (!needSums(reader) || wanted.size === 0) return false;
  for (const id of wanted) before.add(id);
  return true;
}

/** A value with two axes of one variable, as an outer product of rows has. */
function meetsItself(graph: AxisGraph, block: AxisBlock, variable: number): ValueId | undefined {
  const id = block.axes.findIndex((axes) => axes.filter((axis) => graph.find(axis) === variable).length > 1);
  if (id >= 0) return id;
  for (const body of [...block.bodies.values()].flat()) {
    const inside = meetsItself(graph, body, variable);
    if (inside !== undefined) return inside;
  }
  return undefined;
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
        if (makesSums(instruction, set)) mark(block, instruction.id);
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
    const back = [...set].find((id) => (block.axes[id] ?? []).some((axis) => graph.find(axis) === variable));
    if (back !== undefined) return `a sum over it is spread along it again (%${back})`;
    if (set.size > 0 && owner?.op !== 'scan') return `a sum over it steers a ${owner?.op ?? 'loop'}`;
    for (const instruction of block.program.instructions) {
      const reads = instruction.operands.filter((id) => set.has(id));
      if (reads.length === 0) continue;
      if (keepsSums(instruction, set)) continue;
      if (instruction.op === 'add' || instruction.op === 'sub') {
        // A sum plus something that is not a sum would be added once per tile.
        return `a sum over it is added to something else (${instruction.op} %${instruction.id})`;
      }
      return `a sum over it is used within a step (${instruction.op} %${instruction.id})`;
    }
    const { consts, carries } = owner?.op === 'scan' ? owner.attributes : { consts: 0, carries: 0 };
    for (let carry = 0; carry < carries; carry++) {
      const start = owner?.operands[consts + carry] as ValueId;
      if (!set.has(consts + carry) || partial.get(parent)?.has(start) === true || isZero(parent.program, start))
        continue;
      return `a sum over it starts from something (%${start})`;
    }
  }
  return partial;
}

/** Ops through which partial sums stay partial sums: what is done to the parts adds up to what is done to the whole. */
const linear: ReadonlySet<Op> = new Set<Op>([
  'neg',
  'reduce_sum',
  'transpose',
  'reshape',
  'broadcast',
  'slice',
  'pad',
  'reverse',
]);
/** So do these if all operands are partial sums … */
const additive: ReadonlySet<Op> = new Set<Op>(['add', 'sub', 'concat']);
/** … and these if one is, the dividend of a division. */
const scaling: ReadonlySet<Op> = new Set<Op>(['mul', 'div', 'dot']);

/** True if what an instruction makes is partial sums, provided that it may be done to them at all. */
function makesSums({ op, operands }: Instruction, sums: ReadonlySet<ValueId>): boolean {
  return operands.some((id) => sums.has(id)) && (linear.has(op) || additive.has(op) || scaling.has(op));
}

/** True if an instruction may be done to partial sums: a sum plus something else would be added once per tile. */
function keepsSums({ op, operands }: Instruction, sums: ReadonlySet<ValueId>): boolean {
  const read = operands.filter((id) => sums.has(id)).length;
  if (additive.has(op)) return read === operands.length;
  if (scaling.has(op)) return read === 1 && (op !== 'div' || sums.has(operands[0] as ValueId));
  return linear.has(op);
}

/** True for a constant of zeros, repeated or not: added once per tile, it changes nothing. */
function isZero(program: Program, id: ValueId): boolean {
  const found = program.instructions.find((instruction) => instruction.id === id);
  if (found?.op === 'broadcast') return isZero(program, found.operands[0] as ValueId);
  return found?.op === 'constant' && found.attributes.value.every((value) => value === 0);
}

function resultsOf(instruction: Instruction): ValueId[] {
  return instruction.types.map((_, index) => instruction.id + index);
}

function bump(map: Map<number, number>, key: number, by: number): void {
  map.set(key, (map.get(key) ?? 0) + by);
}
