/**
 * Simplifies the interface of a scan. What is constant or only repeats a value is re-created inside or outside
 * instead of being passed or stacked; equal operands and equal ys are passed once; a carry that never changes is a
 * const; a scan of length 0 or 1 is no loop.
 */

import type { Attributes, Instruction, Shape, ValueId } from '@rheo/ir';
import { opKinds, valueCount } from '@rheo/ir';
import type { Batched } from './batching.ts';
import { batchInstruction, materialise } from './batching.ts';
import { at, copy, emitAll } from './rebuild.ts';
import { Rewriter } from './rewriter.ts';
import { range } from './simplify-movement.ts';

/** Constants with more elements than this stay outside and are passed. */
const maxConstant = 16;

/** Emits a value in the body once its parameters exist. */
type Source = (body: Body) => ValueId;

interface Body {
  readonly graph: Rewriter;
  readonly consts: readonly ValueId[];
  readonly xs: readonly ValueId[];
}

/** Emits a simpler scan and gives its results in order; undefined when there is nothing to simplify. */
export function simplifyScan(
  graph: Rewriter,
  operands: readonly ValueId[],
  attributes: Attributes['scan'],
): ValueId[] | undefined {
  const { body, length, consts, carries } = attributes;
  if (length === 0) return withoutSteps(graph, operands, attributes);
  if (length === 1) return oneStep(graph, operands, attributes);

  if (isSimple(graph, operands, attributes)) return undefined;
  const interior = new Interior(graph);
  const fixed = body.params.map((_, i) => i >= consts && i < consts + carries && body.results[i - consts] === i);
  const sources = operands.map((id, i): Source | undefined => {
    if (i >= consts + carries) return interior.streamed(id);
    return i < consts || fixed[i] ? interior.invariant(id) : undefined;
  });
  const moving = range(consts, carries).filter((i) => !fixed[i]);
  const inner = new Rewriter();
  const declare = (id: ValueId, from: number): ValueId => {
    const { dtype, shape } = graph.type(id);
    return inner.param({ dtype, shape: shape.slice(from) });
  };
  const constParams = interior.consts.map((id) => declare(id, 0));
  const carryParams = new Map(moving.map((i) => [i, declare(at(operands, i), 0)]));
  const xsParams = interior.xs.map((id) => declare(id, 1));
  const parts: Body = { graph: inner, consts: constParams, xs: xsParams };
  const map = sources.map((source, i) => source?.(parts) ?? (carryParams.get(i) as ValueId));
  emitAll(body, inner, map, (builder, instruction, mapped) => copy(builder, instruction, mapped));
  const results = body.results.map((id) => at(map, id));

  const exterior = new Exterior(graph, parts, interior, length);
  const outside = results.slice(carries).map((id) => exterior.plan(id));
  const kept = [...moving.map((i) => at(results, i - consts)), ...exterior.ys];
  const ids =
    kept.length === 0
      ? []
      : graph.emit('scan', [...interior.consts, ...moving.map((i) => at(operands, i)), ...interior.xs], {
          body: inner.build(kept),
          length,
          reverse: attributes.reverse,
          consts: interior.consts.length,
          carries: moving.length,
        });
  const ends = range(consts, carries).map((i) => (fixed[i] ? at(operands, i) : at(ids, moving.indexOf(i))));
  return [...ends, ...outside.map((emit) => emit(ids.slice(moving.length)))];
}

/** A cheap look at whether there is anything to do. */
function isSimple(
  graph: Rewriter,
  operands: readonly ValueId[],
  { body, consts, carries }: Attributes['scan'],
): boolean {
  const fixed = operands.slice(0, consts);
  const streamed = operands.slice(consts + carries);
  if (new Set(fixed).size < fixed.length || new Set(streamed).size < streamed.length) return false;
  if (fixed.some((id) => isRecreated(graph.definition(id)))) return false;
  if (streamed.some((id) => isRecreated(graph.definition(id), 2))) return false;
  for (let i = 0; i < carries; i++) if (body.results[i] === consts + i) return false;
  const ys = new Set(body.results.slice(carries));
  if (ys.size < body.results.length - carries) return false;
  for (const id of ys) if (id < consts || (id >= consts + carries && id < body.params.length)) return false;
  const free = new Uint8Array(valueCount(body)).fill(1, 0, consts).fill(1, consts + carries, body.params.length);
  for (const found of body.instructions) {
    if (isMovement(found) && found.operands.every((id) => free[id] === 1)) free[found.id] = 1;
    if (ys.has(found.id) && (free[found.id] === 1 || isReshaped(found))) return false;
  }
  return true;
}

/** True for what is not passed or stacked; of steps, an iota only if it has a `rank` of 2. */
function isRecreated(found: Instruction | undefined, rank: number = 0): boolean {
  if (found === undefined || found.op === 'broadcast') return found !== undefined;
  if (rank > 0) return found.op === 'iota' && found.attributes.shape.length >= rank;
  return isSource(found);
}

/** Decides what is passed into the body and what is re-created there. */
class Interior {
  readonly consts: ValueId[] = [];
  readonly xs: ValueId[] = [];
  readonly #graph: Rewriter;

  constructor(graph: Rewriter) {
    this.#graph = graph;
  }

  invariant(id: ValueId): Source {
    const found = this.#graph.definition(id);
    if (found !== undefined && isSource(found)) return ({ graph }) => at(copy(graph, found, []), 0);
    if (found?.op === 'broadcast') {
      const inner = this.invariant(at(found.operands, 0));
      const { shape, axes } = found.attributes;
      return (body) => body.graph.broadcast(inner(body), shape, axes);
    }
    const index = place(this.consts, id);
    return (body) => at(body.consts, index);
  }

  streamed(id: ValueId): Source {
    const found = this.#graph.definition(id);
    if (found?.op === 'broadcast') {
      const { shape, axes } = found.attributes;
      const [source = 0] = found.operands;
      const perStep = axes[0] === 0;
      const inner = perStep ? this.streamed(source) : this.invariant(source);
      const kept = (perStep ? axes.slice(1) : axes).map((axis) => axis - 1);
      return (body) => repeated(body.graph, inner(body), shape.slice(1), kept);
    }
    if (found?.op === 'iota' && found.attributes.shape.length > 1) {
      const { dtype, shape, axis } = found.attributes;
      const rest = shape.slice(1);
      if (axis > 0) return ({ graph }) => graph.one('iota', [], { dtype, shape: rest, axis: axis - 1 });
      const steps = this.#graph.one('iota', [], { dtype, shape: shape.slice(0, 1), axis: 0 });
      const inner = this.streamed(steps);
      return (body) => repeated(body.graph, inner(body), rest, []);
    }
    const index = place(this.xs, id);
    return (body) => at(body.xs, index);
  }
}

/** Decides which results of the body are stacked and which are re-created outside. */
class Exterior {
  readonly ys: ValueId[] = [];
  readonly #graph: Rewriter;
  readonly #body: Body;
  readonly #interior: Interior;
  readonly #length: number | string;

  constructor(graph: Rewriter, body: Body, interior: Interior, length: number | string) {
    this.#graph = graph;
    this.#body = body;
    this.#interior = interior;
    this.#length = length;
  }

  /** Gives a function from the scan's ys to the value of a result of the body over all steps. */
  plan(id: ValueId): (ys: readonly ValueId[]) => ValueId {
    const emit = this.#outside(id);
    return (ys) => materialise(this.#graph, emit(ys), this.#length);
  }

  #outside(id: ValueId): (ys: readonly ValueId[]) => Batched {
    const fixed = this.#body.consts.indexOf(id);
    if (fixed >= 0) return () => ({ id: at(this.#interior.consts, fixed), batched: false });
    const sliced = this.#body.xs.indexOf(id);
    if (sliced >= 0) return () => ({ id: at(this.#interior.xs, sliced), batched: true });
    const found = this.#body.graph.definition(id);
    if (found !== undefined && (isReshaped(found) || this.#isFree(id))) {
      const parts = found.operands.map((operand) => this.#outside(operand));
      return (ys) => {
        const operands = parts.map((part) => part(ys));
        return at(batchInstruction(this.#graph, found, operands, this.#length), 0);
      };
    }
    const index = place(this.ys, id);
    return (ys) => ({ id: at(ys, index), batched: true });
  }

  /** True for what is an input of the loop, small and constant, or a movement of such. */
  #isFree(id: ValueId): boolean {
    if (this.#body.consts.includes(id) || this.#body.xs.includes(id)) return true;
    const found = this.#body.graph.definition(id);
    return found !== undefined && isMovement(found) && found.operands.every((operand) => this.#isFree(operand));
  }
}

function withoutSteps(
  graph: Rewriter,
  operands: readonly ValueId[],
  { body, consts, carries }: Attributes['scan'],
): ValueId[] {
  const types = [...body.params.map(({ type }) => type), ...body.instructions.flatMap((i) => i.types)];
  const ys = body.results.slice(carries).map((id) => {
    const { dtype, shape } = at(types, id);
    return graph.fill(dtype, [0, ...shape], 0);
  });
  return [...operands.slice(consts, consts + carries), ...ys];
}

function oneStep(
  graph: Rewriter,
  operands: readonly ValueId[],
  { body, consts, carries }: Attributes['scan'],
): ValueId[] {
  const inputs = operands.map((id, i) =>
    i < consts + carries ? id : graph.one('reshape', [id], { shape: graph.shape(id).slice(1) }),
  );
  return graph
    .inline(body, inputs)
    .map((id, i) => (i < carries ? id : graph.one('reshape', [id], { shape: [1, ...graph.shape(id)] })));
}

/** Ops whose operand is stacked instead of their result: no larger, and as good as free outside. */
function isReshaped({ op }: Instruction): boolean {
  return op === 'broadcast' || op === 'reshape';
}

function isMovement(found: Instruction): boolean {
  return opKinds[found.op] === 'movement' || isSource(found);
}

function isSource(found: Instruction): boolean {
  if (found.op === 'constant') return found.attributes.value.length <= maxConstant;
  return found.op === 'iota' || found.op === 'dimension';
}

function repeated(graph: Rewriter, id: ValueId, shape: Shape, axes: readonly number[]): ValueId {
  return axes.length === shape.length ? id : graph.broadcast(id, shape, axes);
}

function place(list: ValueId[], id: ValueId): number {
  const found = list.indexOf(id);
  return found >= 0 ? found : list.push(id) - 1;
}
