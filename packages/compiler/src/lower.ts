/**
 * Lowers a Program to steps: blocks are grouped into kernels, values get their places, loops nest.
 *
 * The Program must be static (no named dimensions), without calls, and use 4-byte element types. Results and the
 * slices of loop outputs are written where they are wanted by the kernel that computes them, without a copy.
 */

import type { Attributes, DType, Instruction, Program, ValueId } from '@rheo/ir';
import type { Block, Request } from './block.ts';
import { copyValue, denselyInMemory, emit, inMemory, Lowering, originOf } from './block.ts';
import { lowerScan, lowerWhile } from './control.ts';
import type { Unit } from './fusion.ts';
import { fuse, isElementwise } from './fusion.ts';
import type { Lowered, Step, Store } from './kernels.ts';
import { panelWidth, touched } from './kernels.ts';
import { blockTypes, NodeBuilder, viewOf } from './nodes.ts';
import { destinations, readElsewhere, storedMembers } from './placement.ts';
import { lowerProduct } from './products.ts';
import type { View } from './views.ts';
import { accessAt, denseView, identityMap, isDense, moveView, sizeOf } from './views.ts';

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

/** Constants of more than one value lie in memory from the start. */
function placeConstants(lowering: Lowering, block: Block): void {
  for (const instruction of block.program.instructions) {
    if (instruction.op !== 'constant') continue;
    const { dtype, shape, value } = instruction.attributes;
    const [first] = value;
    if (value.every((element) => Object.is(element, first))) continue;
    const buffer = lowering.buffer('constant', dtype, value.length, {
      data: value,
      origin: originOf(instruction, 'constant'),
    });
    block.views.set(instruction.id, denseView(buffer, shape, 0));
  }
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

/** Where a rearranged value is wanted, its operand is written already rearranged: outputs of tiles go straight home. */
function placeMoved(block: Block): void {
  const { program, fusion } = block;
  for (let i = program.instructions.length - 1; i >= 0; i--) {
    const instruction = program.instructions[i] as Instruction;
    if (instruction.op !== 'transpose' && instruction.op !== 'reshape') continue;
    const [operand = 0] = instruction.operands;
    const wanted = block.requests.get(instruction.id);
    const [request] = wanted ?? [];
    if (wanted?.length !== 1 || request === undefined || request.carry !== undefined) continue;
    if (fusion.users(operand).length !== 1 || program.results.includes(operand) || !madeByLoop(block, operand))
      continue;
    const view = unmoved(request.view, instruction, (block.types[operand] as { shape: readonly number[] }).shape);
    if (view !== undefined) block.requests.set(operand, [{ view }]);
  }
}

/** True for a result of a scan, or of movements of one that are placed in turn. */
function madeByLoop(block: Block, id: ValueId): boolean {
  const definition = block.fusion.definition(id);
  if (definition?.op === 'transpose' || definition?.op === 'reshape') {
    return madeByLoop(block, definition.operands[0] as ValueId);
  }
  return definition?.op === 'scan' && id >= definition.id + definition.attributes.carries;
}

/** The place of an operand, from that of its rearranged value. */
function unmoved(
  view: View,
  instruction: Instruction & { op: 'transpose' | 'reshape' },
  shape: readonly number[],
): View | undefined {
  if (instruction.op === 'reshape') return moveView(view, { ...instruction, attributes: { shape } });
  const { permutation } = instruction.attributes;
  const strides = new Array<number>(shape.length).fill(0);
  permutation.forEach((axis, i) => {
    strides[axis] = view.strides[i] as number;
  });
  return { ...view, shape, strides };
}

/** Gives concatenations and pads their memory first, so that their parts are written in place. */
function placeConcats(lowering: Lowering, block: Block): void {
  const { program } = block;
  for (let i = program.instructions.length - 1; i >= 0; i--) {
    const instruction = program.instructions[i] as Instruction;
    if (instruction.op !== 'concat' && instruction.op !== 'pad') continue;
    const wanted = block.requests.get(instruction.id)?.find((request) => request.carry === undefined);
    const { dtype, shape } = instruction.types[0] as { dtype: DType; shape: readonly number[] };
    const view = wanted?.view ?? lowering.temporary(dtype, shape);
    if (wanted !== undefined) block.served.add(wanted);
    block.views.set(instruction.id, view);
    for (const { operand, part } of partsOf(block, instruction, view)) {
      if (!partInPlace(block, instruction, operand)) continue;
      block.requests.set(operand, [{ view: part }]);
    }
  }
}

/** True if the kernel of an operand can write it straight into its concatenation. */
function partInPlace(block: Block, concat: Instruction, operand: ValueId): boolean {
  const { fusion, program } = block;
  const definition = fusion.definition(operand);
  if (definition === undefined || fusion.home(operand) !== 'unit') return false;
  if (!(isElementwise(definition) || definition.op === 'dot' || definition.op === 'reduce_sum')) return false;
  const once = concat.operands.filter((id) => id === operand).length === 1;
  return once && fusion.users(operand).length === 1 && !program.results.includes(operand);
}

function partsOf(block: Block, instruction: Instruction, view: View): { operand: ValueId; part: View }[] {
  if (instruction.op !== 'concat' && instruction.op !== 'pad') return [];
  const { axis } = instruction.attributes;
  let start = instruction.op === 'pad' ? instruction.attributes.low : 0;
  return instruction.operands.map((operand) => {
    const size = (block.types[operand] as { shape: readonly number[] }).shape[axis] as number;
    const part = range(view, axis, start, size);
    start += size;
    return { operand, part };
  });
}

function range(view: View, axis: number, start: number, size: number): View {
  return {
    ...view,
    offset: view.offset + start * (view.strides[axis] as number),
    shape: view.shape.map((dim, i) => (i === axis ? size : dim)),
  };
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

/** A group that only feeds sums: they start from zero and are added to point by point. */
function lowerSums(lowering: Lowering, block: Block, unit: Unit): void {
  const rank = unit.shape.length;
  const map = identityMap(rank);
  const builder = new NodeBuilder(block, rank, unit);
  const origin = originOf(unit.members.at(-1), 'sums');
  const stores = unit.sums.map((sum) => {
    const view = firstPlace(lowering, block, sum.id);
    fill(lowering, block, view, origin);
    const { axes } = sum.attributes as Attributes['reduce_sum'];
    const kept = map.filter((_, axis) => !axes.includes(axis));
    return { node: builder.value(sum.operands[0] as ValueId, map), access: accessAt(view, kept, rank) };
  });
  emit(lowering, { kind: 'sums', origin, shape: unit.shape, nodes: builder.nodes, stores });
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
    if (partInPlace(block, instruction, operand)) continue;
    emit(lowering, copyValue(block, operand, [part], origin));
  }
}

function fill(lowering: Lowering, block: Block, view: View, origin: Step['origin']): void {
  const rank = view.shape.length;
  const builder = new NodeBuilder(block, rank);
  const node = builder.number(lowering.buffers[view.buffer]?.dtype ?? 'f32', 0);
  const access = accessAt(view, identityMap(rank), rank);
  emit(lowering, { kind: 'map', origin, shape: view.shape, nodes: builder.nodes, stores: [{ node, access }] });
}

/** First place of a value; further ones are served by copies at the end of the block. */
function firstPlace(lowering: Lowering, block: Block, id: ValueId): View {
  const request = block.requests.get(id)?.find(({ carry }) => carry === undefined);
  const { dtype, shape } = block.types[id] as { dtype: DType; shape: readonly number[] };
  const view = request?.view ?? lowering.temporary(dtype, shape);
  if (request !== undefined) block.served.add(request);
  block.views.set(id, view);
  return view;
}

/** Members reduce operands of one shape over the same axes. */
function lowerReduce(lowering: Lowering, block: Block, members: readonly Instruction[]): void {
  const [first] = members;
  if (first?.op !== 'reduce_sum' && first?.op !== 'reduce_max') throw new Error('a reduction has members');
  const { dtype, shape } = block.types[first.operands[0] as ValueId] as { dtype: DType; shape: readonly number[] };
  const { axes } = first.attributes;
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const rank = shape.length;
  const builder = new NodeBuilder(block, rank);
  const identity = identityMap(rank);
  const map = shape.map((_, axis) => identity[order.indexOf(axis)] as (typeof identity)[number]);
  const origin = originOf(first, first.op);
  const empty = axes.some((axis) => shape[axis] === 0);
  const stores: Store[] = [];
  for (const { id, operands } of members) {
    const view = firstPlace(lowering, block, id);
    if (empty) fill(lowering, block, view, origin);
    else if (sizeOf(shape) > 0) {
      const node = builder.value(operands[0] as ValueId, map);
      stores.push({ node, access: accessAt(view, identity.slice(0, kept.length), rank) });
    }
  }
  if (stores.length === 0) return;
  emit(lowering, {
    kind: 'reduce',
    origin,
    op: first.op,
    dtype,
    shape: order.map((axis) => shape[axis] as number),
    reduced: axes.length,
    nodes: builder.nodes,
    stores,
  });
}

function lowerArgmax(lowering: Lowering, block: Block, instruction: Instruction & { op: 'argmax' }): void {
  const operand = inMemory(lowering, block, instruction.operands[0] as ValueId);
  const { axis } = instruction.attributes;
  const kept = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== axis);
  const view = firstPlace(lowering, block, instruction.id);
  if (sizeOf(view.shape) === 0) return;
  const rank = view.shape.length;
  emit(lowering, {
    kind: 'argmax',
    origin: originOf(instruction, 'argmax'),
    dtype: (block.types[instruction.operands[0] as ValueId] as { dtype: DType }).dtype,
    shape: view.shape,
    size: operand.shape[axis] as number,
    stride: operand.strides[axis] as number,
    load: accessAt({ ...operand, shape: kept(operand.shape), strides: kept(operand.strides) }, identityMap(rank), rank),
    store: accessAt(view, identityMap(rank), rank),
  });
}

function lowerScatter(lowering: Lowering, block: Block, instruction: Instruction & { op: 'scatter_add' }): void {
  const [updates, index] = instruction.operands as [ValueId, ValueId];
  const { axis, size } = instruction.attributes;
  const { dtype, shape } = block.types[updates] as { dtype: DType; shape: readonly number[] };
  const indexRank = (block.types[index] as { shape: readonly number[] }).shape.length;
  const result = block.types[instruction.id] as { dtype: DType; shape: readonly number[] };
  const requested = block.requests.get(instruction.id)?.find(({ carry, view }) => carry === undefined && isDense(view));
  const view = requested?.view ?? lowering.temporary(result.dtype, result.shape);
  if (requested !== undefined) block.served.add(requested);
  block.views.set(instruction.id, view);
  if (sizeOf(shape) === 0) {
    fill(lowering, block, view, originOf(instruction, 'scatter_add'));
    return;
  }
  const rank = shape.length;
  const map = identityMap(rank);
  const builder = new NodeBuilder(block, rank);
  const value = builder.value(updates, map);
  const position = builder.value(index, map.slice(axis, axis + indexRank));
  const strides = [
    ...view.strides.slice(0, axis),
    ...new Array<number>(indexRank).fill(0),
    ...view.strides.slice(axis + 1),
  ];
  lowering.steps.push({
    kind: 'scatter',
    origin: originOf(instruction, 'scatter_add'),
    dtype,
    shape,
    nodes: builder.nodes,
    value,
    index: position,
    size: size as number,
    stride: view.strides[axis] as number,
    store: { buffer: view.buffer, offset: view.offset, strides, loops: view.loops },
    clear: sizeOf(view.shape),
  });
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
