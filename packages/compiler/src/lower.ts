/**
 * Lowers a Program to steps: blocks are grouped into kernels, values get their places, loops nest.
 *
 * The Program must be static (no named dimensions), without calls, and use 4-byte element types. Results and the
 * slices of loop outputs are written where they are wanted by the kernel that computes them, without a copy.
 */

import type { DType, Instruction, Program, ValueId } from '@rheo/ir';
import type { Block, Request } from './block.ts';
import { copyValue, denselyInMemory, emit, fill, inMemory, Lowering, originOf } from './block.ts';
import { lowerScan, lowerWhile } from './control.ts';
import type { Unit } from './fusion.ts';
import { fuse } from './fusion.ts';
import type { Lowered, Step } from './kernels.ts';
import { panelWidth, touched } from './kernels.ts';
import { lowerArgmax, lowerReduce, lowerScatter, lowerSums } from './lower-gathering.ts';
import { blockTypes, NodeBuilder, viewOf } from './nodes.ts';
import { partInPlace, partsOf, placeConcats, placeConstants, placeMoved } from './place-ahead.ts';
import { destinations, readElsewhere, storedMembers } from './placement.ts';
import { lowerProduct } from './products.ts';
import type { View } from './views.ts';
import { accessAt, denseView, identityMap, range, sizeOf } from './views.ts';

/** What a target wants. */
export interface LowerOptions {
  /** False for products that read their right operands where they lie, without a copy. True unless given. */
  readonly packing?: boolean;
  /** Width of the panels of a packed right operand with so many columns; 8 unless given. */
  readonly panel?: (columns: number) => number;
  /** True if the target has kernels that add to several sums over different axes (`SumsStep`). False unless given. */
  readonly sums?: boolean;
}

/** Lowers a whole Program; `bound` names inputs whose work is to be done once, ahead. */
export function lower(
  program: Program,
  bound: ReadonlySet<number> = new Set(),
  { packing = true, panel = () => panelWidth, sums = false }: LowerOptions = {},
): Lowered {
  const lowering = new Lowering(packing, panel, sums);
  const inputs = program.params.map(({ type }, index) => {
    const shape = type.shape as readonly number[];
    return denseView(lowering.buffer('input', type.dtype, sizeOf(shape), { index }), shape, 0);
  });
  const types = blockTypes(program);
  const requests = program.results.map((id, index): Request => {
    const { dtype, shape } = types[id] as { dtype: DType; shape: readonly number[] };
    return { view: denseView(lowering.buffer('result', dtype, sizeOf(shape), { index }), shape, 0) };
  });
  lowerBlock(lowering, program, inputs, requests);
  return { buffers: lowering.buffers, ...splitPrepare(lowering, bound) };
}

/** Lowers one block into the open level; request i says where result i is wanted. */
export function lowerBlock(
  lowering: Lowering,
  program: Program,
  params: readonly View[],
  requests: readonly (Request | undefined)[],
): Block {
  const fusion = fuse(program, new Set(program.results), lowering);
  const block: Block = {
    program,
    types: blockTypes(program),
    fusion,
    views: new Map(params.map((view, id) => [id, view])),
    place: (id, dense) => (dense ? denselyInMemory(lowering, block, id) : inMemory(lowering, block, id)),
    requests: new Map(),
    served: new Set(),
  };
  placeConstants(lowering, block);
  program.results.forEach((id, index) => {
    const request = requests[index];
    if (request === undefined || request.carry === id) return;
    if (request.carry !== undefined && !mayOverwrite(block, id, request.carry)) return;
    block.requests.set(id, [...(block.requests.get(id) ?? []), request]);
  });
  placeMoved(block);
  placeConcats(lowering, block);
  for (const unit of fusion.order) lowerUnit(lowering, block, unit);
  serveRest(lowering, block, requests);
  return block;
}

/** The old value of a carry may be overwritten by a kernel that no reader of it follows. */
function mayOverwrite(block: Block, id: ValueId, carry: ValueId): boolean {
  const { fusion, program } = block;
  const unit = fusion.unitOf(id);
  if (unit === undefined || !unit.group || unit.sums.length > 0) return false;
  const position = fusion.order.indexOf(unit);
  const readsLater = fusion.order.some((other, index) => {
    if (!fusion.sources(other).has(carry)) return false;
    if (other !== unit) return index > position;
    // A product reads whole rows of its operands while its results are already being written.
    return unit.product?.operands.some((operand) => comesFrom(block, operand, carry)) ?? false;
  });
  return !readsLater && !program.results.some((result) => result !== id && comesFrom(block, result, carry));
}

/** True if a value is `source` or a view or in-place computation on it. */
function comesFrom(block: Block, id: ValueId, source: ValueId): boolean {
  if (id === source) return true;
  const definition = block.fusion.definition(id);
  if (definition === undefined || block.fusion.home(id) === 'unit') return false;
  return definition.operands.some((operand) => comesFrom(block, operand, source));
}

function lowerUnit(lowering: Lowering, block: Block, unit: Unit): void {
  if (unit.product !== undefined) {
    lowerProduct(lowering, block, unit, unit.product);
    return;
  }
  const instruction = unit.members[0] as Instruction;
  if (unit.sums.length > 0) {
    lowerSums(lowering, block, unit);
    return;
  }
  if (unit.group) {
    lowerGroup(lowering, block, unit);
    return;
  }
  switch (instruction.op) {
    case 'concat':
    case 'pad':
      lowerConcat(lowering, block, instruction);
      return;
    case 'reduce_sum':
    case 'reduce_max':
      lowerReduce(lowering, block, unit.members);
      return;
    case 'argmax':
      lowerArgmax(lowering, block, instruction);
      return;
    case 'scatter_add':
      lowerScatter(lowering, block, instruction);
      return;
    case 'scan':
      lowerScan(lowering, block, instruction, lowerBlock);
      return;
    case 'while':
      lowerWhile(lowering, block, instruction, lowerBlock);
      return;
    default:
      throw new Error(`${instruction.op} is not legal here; run legalise first`);
  }
}

function lowerGroup(lowering: Lowering, block: Block, unit: Unit): void {
  const rank = unit.shape.length;
  const map = identityMap(rank);
  const builder = new NodeBuilder(block, rank, unit);
  const stored = storedMembers(block, unit).map(({ id }) => ({ id, node: builder.value(id, map) }));
  const stores = stored.flatMap(({ id, node }) => {
    const views = destinations(lowering, block, id, (view) => readElsewhere(builder, accessAt(view, map, rank)));
    block.views.set(id, views[0] as View);
    return views.map((view) => ({ node, access: accessAt(view, map, rank) }));
  });
  emit(lowering, {
    kind: 'map',
    origin: originOf(unit.members.at(-1), 'map'),
    shape: unit.shape,
    nodes: builder.nodes,
    stores,
  });
}

function lowerConcat(lowering: Lowering, block: Block, instruction: Instruction & { op: 'concat' | 'pad' }): void {
  const view = block.views.get(instruction.id) as View;
  const origin = originOf(instruction, instruction.op);
  if (instruction.op === 'pad') {
    const { axis, low, high } = instruction.attributes;
    const size = view.shape[axis] as number;
    for (const part of [range(view, axis, 0, low), range(view, axis, size - high, high)])
      fill(lowering, block, part, origin);
  }
  for (const { operand, part } of partsOf(block, instruction, view)) {
    const there = viewOf(block, operand);
    if (partInPlace(block, instruction, operand) || (there !== undefined && samePlace(there, part))) continue;
    emit(lowering, copyValue(block, operand, [part], origin));
  }
}

/** Copies what no kernel wrote in place. Carries come last, and never read one that is already overwritten. */
function serveRest(lowering: Lowering, block: Block, requests: readonly (Request | undefined)[]): void {
  const rest = block.program.results
    .map((id, index) => ({ id, request: requests[index] }))
    .filter((entry): entry is { id: ValueId; request: Request } => {
      const { id, request } = entry;
      if (request === undefined || request.carry === id || block.served.has(request)) return false;
      const there = viewOf(block, id);
      return there === undefined || !samePlace(there, request.view);
    });
  const origin = { name: 'copy' };
  for (const { id, request } of rest) {
    if (request.carry === undefined) emit(lowering, copyValue(block, id, [request.view], origin));
  }
  const carried = rest.filter(({ request }) => request.carry !== undefined);
  const targets = new Set(carried.map(({ request }) => request.view.buffer));
  const staged = carried.map(({ id, request }) => {
    const view = viewOf(block, id);
    // A value without a view is computed when it is copied: by then another carry may have its new value.
    const late =
      view === undefined
        ? carried.some(({ request: { carry } }) => carry !== undefined && comesFrom(block, id, carry))
        : targets.has(view.buffer);
    if (!late) return { id, request, staged: undefined };
    const { dtype, shape } = block.types[id] as { dtype: DType; shape: readonly number[] };
    const copy = lowering.temporary(dtype, shape);
    emit(lowering, copyValue(block, id, [copy], origin));
    return { id, request, staged: copy };
  });
  for (const { id, request, staged: copy } of staged) {
    if (copy === undefined) emit(lowering, copyValue(block, id, [request.view], origin));
    else {
      const rank = copy.shape.length;
      const builder = new NodeBuilder(block, rank);
      const map = identityMap(rank);
      const node = builder.load(copy, map, (block.types[id] as { dtype: DType }).dtype);
      emit(lowering, {
        kind: 'map',
        origin,
        shape: copy.shape,
        nodes: builder.nodes,
        stores: [{ node, access: accessAt(request.view, map, rank) }],
      });
    }
  }
}

function samePlace(a: View, b: View): boolean {
  const key = ({ buffer, offset, strides, loops }: View): string => JSON.stringify([buffer, offset, strides, loops]);
  return key(a) === key(b);
}

/** Moves top-level steps that depend on bound inputs only out of the run. */
function splitPrepare(lowering: Lowering, bound: ReadonlySet<number>): Pick<Lowered, 'prepare' | 'steps'> {
  const steps = (lowering.frames[0] as { steps: Step[] }).steps;
  if (bound.size === 0) return { prepare: [], steps };
  const open = new Set<number>();
  for (const { id, kind, index } of lowering.buffers) {
    if (kind === 'result' || (kind === 'input' && !bound.has(index ?? -1))) open.add(id);
  }
  // Whatever touches an open buffer is done in every run, and what it writes is open too, until nothing changes.
  const effects = steps.map((step) => touched(step));
  const late = new Set<number>();
  for (let before = -1; before !== late.size; ) {
    before = late.size;
    effects.forEach(({ reads, writes }, index) => {
      if (late.has(index) || ![...reads, ...writes].some((id) => open.has(id))) return;
      late.add(index);
      for (const id of writes) open.add(id);
    });
  }
  return { prepare: steps.filter((_, index) => !late.has(index)), steps: steps.filter((_, index) => late.has(index)) };
}
