/**
 * Runs a plan: integers and bookkeeping on the host, floats on the engine; each intermediate is freed after its last use.
 *
 * A generator, as engines read asynchronously: it yields the values that the host needs, and goes on when they are
 * there. Between two yields it is synchronous, so the engine's current backend cannot change beneath it.
 */

import type { Attributes, Op, TensorData } from '@rheo/ir';
import type { Engine } from './engine.ts';
import { onHost, zeros } from './host.ts';
import type { Lowering } from './lower/rule.ts';
import { lowerings } from './lower/table.ts';
import { engineShape, sizeOf } from './lower/views.ts';
import type { Plan, Step } from './plan.ts';
import { slicesOf, stack } from './sequence.ts';
import type { BoundType } from './value.ts';
import { isEmpty, Value } from './value.ts';

/** A run that asks for values to be fetched, and gives its results. */
export type Run<T> = Generator<readonly Value[], T, void>;

/** The results, each with an owner: the caller. Inputs stay the caller's. */
export function* interpret(plan: Plan, engine: Engine, inputs: readonly Value[]): Run<Value[]> {
  const values: (Value | undefined)[] = [...inputs];
  try {
    for (const step of plan.steps) {
      const operands = step.instruction.operands.map((id) => values[id] as Value);
      const made = yield* perform(step, engine, operands);
      made.forEach((value, index) => {
        values[step.instruction.id + index] = value;
      });
      for (const id of step.last) {
        values[id]?.release();
        values[id] = undefined;
      }
    }
    return plan.results.map((id) => (values[id] as Value).retain());
  } finally {
    for (const value of values.slice(plan.params)) value?.release();
  }
}

function* perform(step: Step, engine: Engine, operands: readonly Value[]): Run<readonly Value[]> {
  const { instruction } = step;
  if (step.known !== undefined) return [step.known.retain()];
  if (instruction.op === 'scan') return yield* scan(step, instruction.attributes, engine, operands);
  if (instruction.op === 'while') return yield* loop(step, instruction.attributes, engine, operands);
  const type = step.types[0] as BoundType;
  const full = operands.filter((value) => !isEmpty(value.type));
  const withoutElements = full.length < operands.length && instruction.op !== 'concat';
  if (isEmpty(type) || withoutElements) return [zeros(type, sizeOf(type.shape))];
  if (!onEngine(type, full)) {
    yield* onTheHost(operands);
    return [onHost(step.program, operands.map(numbersOf), type)];
  }
  return [lower(step, engine, full, type)];
}

/** Integers are the host's; bools too, as long as nothing on the engine is needed for them. */
function onEngine(type: BoundType, operands: readonly Value[]): boolean {
  const [first] = operands;
  if (type.dtype !== 'f32' && type.dtype !== 'bool') return false;
  if (first?.type.dtype === 'i32' || first?.type.dtype === 'u32') return false;
  if (type.dtype === 'f32') return true;
  return operands.some(({ host, type: { dtype } }) => host === undefined || dtype === 'f32');
}

function lower(step: Step, engine: Engine, operands: readonly Value[], type: BoundType): Value {
  const { op, attributes } = step.instruction;
  const rule = lowerings[op] as Lowering<Op> | 'host';
  if (rule === 'host') throw new Error(`${op} is the host's`);
  const { tf, faults } = engine;
  const indexed = op === 'gather' || op === 'scatter_add';
  const limit = indexed ? (op === 'gather' ? operands[0]?.type : type)?.shape[axisOf(attributes)] : undefined;
  // Outside of tidy, which would free what is uploaded here: it belongs to the value.
  const tensors = operands.map((value, index) => {
    return indexed && index === 1 ? value.index(tf, limit as number) : value.tensor(tf);
  });
  const context = { tf, faults, operands: operands.map((value) => value.type), result: type };
  const tensor = tf.tidy(() => {
    return tf.reshape(rule(tensors, attributes as Attributes[Op], context), engineShape(type.shape));
  });
  return new Value(type, undefined, tensor);
}

function axisOf(attributes: Attributes[Op]): number {
  return (attributes as Attributes['gather']).axis;
}

/** Asks for the values that are on the engine only. */
function* onTheHost(values: readonly Value[]): Run<void> {
  const missing = values.filter(({ host }) => host === undefined);
  if (missing.length > 0) yield missing;
}

function numbersOf(value: Value): TensorData {
  return value.host as TensorData;
}

function* scan(
  step: Step,
  { reverse, consts, carries, length }: Attributes['scan'],
  engine: Engine,
  operands: readonly Value[],
): Run<readonly Value[]> {
  const [body] = step.nested as [Plan];
  const steps = length as number;
  const fixed = operands.slice(0, consts);
  const xs = operands.slice(consts + carries);
  const rows: Value[][] = step.types.slice(carries).map(() => []);
  let state = operands.slice(consts, consts + carries).map((value) => value.retain());
  try {
    for (let count = 0; count < steps; count++) {
      const index = reverse ? steps - 1 - count : count;
      const slices = slicesOf(xs, index, engine);
      try {
        const results = yield* interpret(body, engine, [...fixed, ...state, ...slices]);
        for (const value of state) value.release();
        state = results.slice(0, carries);
        rows.forEach((list, i) => {
          list[index] = results[carries + i] as Value;
        });
      } finally {
        for (const value of slices) value.release();
      }
    }
    const stacked: Value[] = [];
    for (const [i, list] of rows.entries()) stacked.push(stack(list, step.types[carries + i] as BoundType, engine));
    return [...state.map((value) => value.retain()), ...stacked];
  } finally {
    for (const value of [...state, ...rows.flat()]) value?.release();
  }
}

function* loop(
  step: Step,
  { consts }: Attributes['while'],
  engine: Engine,
  operands: readonly Value[],
): Run<readonly Value[]> {
  const [cond, body] = step.nested as [Plan, Plan];
  const fixed = operands.slice(0, consts);
  let state = operands.slice(consts).map((value) => value.retain());
  try {
    for (;;) {
      const [test] = (yield* interpret(cond, engine, [...fixed, ...state])) as [Value];
      let again: boolean;
      try {
        yield* onTheHost([test]);
        again = numbersOf(test)[0] === 1;
      } finally {
        test.release();
      }
      if (!again) return state.map((value) => value.retain());
      const next = yield* interpret(body, engine, [...fixed, ...state]);
      for (const value of state) value.release();
      state = next;
    }
  } finally {
    for (const value of state) value.release();
  }
}
