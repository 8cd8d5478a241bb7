/**
 * The stack of traces. A trace records operations on symbolic tensors and closes into a Program.
 *
 * A trace of a nested body captures tensors of the traces around it: each becomes a leading parameter of the body
 * and an operand of the instruction around it, through as many levels as lie between. Scalars that are constant are
 * made anew instead. Equal operations of one trace are one instruction, under the layer that came first; what no
 * result needs is left out when the trace closes. The stack is only ever non-empty inside a synchronous call of a tracing function.
 */

import type { Attributes, DType, Instruction, Metadata, Op, Param, Program, TensorType, ValueId } from '@rheo/ir';
import { formatType, inferTypes, RheoError } from '@rheo/ir';
import type { Origin } from './tensor.ts';
import { Tensor } from './tensor.ts';

interface Step extends Origin {
  readonly types: readonly TensorType[];
  readonly metadata: Metadata | undefined;
  readonly results: Tensor[];
}

/** Records one Program or one nested body. */
export class Trace {
  /** The trace whose tensors may be captured; undefined for a closed Program. */
  readonly parent: Trace | undefined;
  readonly #what: string;
  readonly #params: { readonly tensor: Tensor; readonly name: string | undefined }[] = [];
  readonly #captured = new Map<Tensor, Tensor>();
  readonly #remade = new Map<Tensor, Tensor>();
  readonly #steps: Step[] = [];
  readonly #shared = new Map<string, Tensor>();
  readonly #numbers = new Map<Tensor, number>();

  constructor(what: string, parent?: Trace) {
    this.#what = what;
    this.parent = parent;
  }

  /** Adds a parameter. */
  param(type: TensorType, name?: string): Tensor {
    const tensor = new Tensor(type, this);
    this.#params.push({ tensor, name });
    return tensor;
  }

  /** Records an operation; operands may belong to traces around this one. */
  emit<K extends Op>(op: K, operands: readonly Tensor[], attributes: Attributes[K], metadata?: Metadata): Tensor[] {
    const own = operands.map((operand) => this.resolve(operand));
    const chosen = metadata ?? currentMetadata();
    const types = inferTypes(
      op,
      own.map(({ type }) => type),
      attributes,
      chosen?.layer,
    );
    const key = this.#keyOf(op, own, attributes);
    const known = key === undefined ? undefined : this.#shared.get(key);
    if (known !== undefined) return [known];
    const step: Step = { op, operands: own, attributes, types, metadata: chosen, results: [] };
    for (const type of types) step.results.push(new Tensor(type, this, step));
    this.#steps.push(step);
    if (key !== undefined) this.#shared.set(key, step.results[0] as Tensor);
    return step.results;
  }

  /** Records an instruction of a Program on other operands, its layer path under the current one. */
  replay(instruction: Instruction, operands: readonly Tensor[]): Tensor[] {
    const { op, attributes, metadata } = instruction;
    if (op === 'constant' && attributes.shape.length === 0) {
      return [this.scalar(attributes.dtype, attributes.value[0] as number)];
    }
    const outer = currentMetadata()?.layer;
    const layer =
      outer === undefined ? metadata?.layer : metadata?.layer === undefined ? outer : `${outer}/${metadata.layer}`;
    const joined = layer === undefined ? metadata : { ...metadata, layer };
    return this.emit(op, operands, attributes as Attributes[Op], joined);
  }

  /** The scalar constant of this value. */
  scalar(dtype: DType, value: number): Tensor {
    return this.emit('constant', [], { dtype, shape: [], value: [value] })[0] as Tensor;
  }

  /** The tensor as this trace sees it. Throws `argument` for tensors of finished or unrelated traces. */
  resolve(tensor: Tensor): Tensor {
    if (tensor.owner === this) return tensor;
    const parent = this.#parentFor(tensor);
    const remade = this.#remade.get(tensor) ?? this.#remake(tensor);
    if (remade !== undefined) {
      this.#remade.set(tensor, remade);
      return remade;
    }
    const outer = parent.resolve(tensor);
    let inner = this.#captured.get(outer);
    if (inner === undefined) {
      inner = new Tensor(outer.type, this);
      this.#captured.set(outer, inner);
    }
    return inner;
  }

  /** Closes into a Program; `captured` are the tensors around it that its first parameters stand for. */
  close(results: readonly Tensor[]): { readonly program: Program; readonly captured: readonly Tensor[] } {
    const own = results.map((result) => this.resolve(result));
    const used = new Set<Tensor>(own);
    const kept: Step[] = [];
    for (const step of this.#steps.toReversed()) {
      if (!step.results.some((result) => used.has(result))) continue;
      kept.push(step);
      for (const operand of step.operands) used.add(operand);
    }
    kept.reverse();
    const captures = [...this.#captured].filter(([, inner]) => used.has(inner));
    const ids = new Map<Tensor, ValueId>();
    const params: Param[] = [];
    for (const [, inner] of captures) {
      ids.set(inner, params.length);
      params.push({ type: inner.type });
    }
    for (const { tensor, name } of this.#params) {
      ids.set(tensor, params.length);
      params.push(name === undefined ? { type: tensor.type } : { type: tensor.type, name });
    }
    const instructions: Instruction[] = [];
    let next = params.length;
    for (const { op, operands, attributes, types, metadata, results: made } of kept) {
      const base = { op, id: next, operands: operands.map((operand) => idOf(ids, operand)), attributes, types };
      instructions.push((metadata === undefined ? base : { ...base, metadata }) as Instruction);
      for (const tensor of made) ids.set(tensor, next++);
    }
    const program: Program = { params, instructions, results: own.map((result) => idOf(ids, result)) };
    return { program, captured: captures.map(([outer]) => outer) };
  }

  /** Constants and ramps cost nothing to make again and much to pass into a loop. */
  #remake(tensor: Tensor): Tensor | undefined {
    const { origin } = tensor;
    if (origin === undefined) return undefined;
    if (origin.op === 'constant' && tensor.shape.length === 0) {
      const { dtype, value } = origin.attributes as Attributes['constant'];
      return this.scalar(dtype, value[0] as number);
    }
    if (origin.op === 'iota' || origin.op === 'dimension') return this.emit<Op>(origin.op, [], origin.attributes)[0];
    if (origin.op === 'broadcast') {
      const operand = this.#remake(origin.operands[0] as Tensor);
      return operand === undefined ? undefined : this.emit('broadcast', [operand], origin.attributes as never)[0];
    }
    return undefined;
  }

  /** Operations of equal key are one; large constants and nested Programs are not compared. */
  #keyOf(op: Op, operands: readonly Tensor[], attributes: Instruction['attributes']): string | undefined {
    if (op === 'scan' || op === 'while' || op === 'call') return undefined;
    if (op === 'constant') {
      const { dtype, shape, value } = attributes as Attributes['constant'];
      const text = value.map((number) => (Object.is(number, -0) ? '-0' : String(number)));
      return value.length > 64 ? undefined : `constant ${dtype} ${shape.join()} ${text.join()}`;
    }
    const numbers = operands.map((operand) => {
      const number = this.#numbers.get(operand) ?? this.#numbers.size;
      this.#numbers.set(operand, number);
      return number;
    });
    return `${op} ${numbers.join()} ${JSON.stringify(attributes)}`;
  }

  #parentFor(tensor: Tensor): Trace {
    for (let trace = this.parent; trace !== undefined; trace = trace.parent) {
      if (trace === tensor.owner) return this.parent as Trace;
    }
    throw new RheoError('argument', {
      from: '@rheo/core',
      what: `a tensor of a finished or unrelated trace was used while tracing ${this.#what}`,
      layer: currentMetadata()?.layer,
      shapes: [formatType(tensor.type)],
      remedy: 'Pass it in as an argument; tensors do not outlive the function that is traced',
    });
  }
}

const stack: Trace[] = [];
let layers: readonly string[] = [];

/** The innermost open trace. Throws `argument` outside of one. */
export function currentTrace(): Trace {
  const top = stack.at(-1);
  if (top !== undefined) return top;
  throw new RheoError('argument', {
    from: '@rheo/core',
    what: 'tensor functions work only while a function is traced',
    remedy: 'Call them inside trace(fn, types)',
  });
}

/** Runs `fn` with `trace` innermost. */
export function within<R>(trace: Trace, fn: () => R): R {
  stack.push(trace);
  try {
    return fn();
  } finally {
    stack.pop();
  }
}

/** Records an operation in the innermost trace. */
export function emit<K extends Op>(op: K, operands: readonly Tensor[], attributes: Attributes[K]): Tensor[] {
  return currentTrace().emit(op, operands, attributes);
}

/** Records an operation that gives one value. */
export function emitOne<K extends Op>(op: K, operands: readonly Tensor[], attributes: Attributes[K]): Tensor {
  return currentTrace().emit(op, operands, attributes)[0] as Tensor;
}

/** Puts a segment onto the layer path of everything that `fn` traces. */
export function withLayer<R>(path: string, fn: () => R): R {
  const before = layers;
  layers = [...before, path];
  try {
    return fn();
  } finally {
    layers = before;
  }
}

/** Traces `fn` under exactly this layer path, or none. */
export function atLayer<R>(path: string | undefined, fn: () => R): R {
  const before = layers;
  layers = path === undefined ? [] : [path];
  try {
    return fn();
  } finally {
    layers = before;
  }
}

/** Metadata of what is traced now. */
export function currentMetadata(): Metadata | undefined {
  return layers.length === 0 ? undefined : { layer: layers.join('/') };
}

function idOf(ids: ReadonlyMap<Tensor, ValueId>, tensor: Tensor): ValueId {
  const id = ids.get(tensor);
  if (id === undefined) throw new Error('a traced value was used before it was recorded');
  return id;
}
