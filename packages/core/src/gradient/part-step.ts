/**
 * Parts a step and its way back into the body of the forward scan and the body of the reverse scan.
 *
 * The residuals are chosen by a smallest cut, but only those that the reverse body really comes to use are stacked;
 * everything else it makes anew from them.
 */

import type { Dim, Program, TensorType } from '@rheo/ir';
import { valueTypes } from '@rheo/ir';
import { add } from '../elementwise.ts';
import { concat, reshape, slice } from '../movement.ts';
import { zeros } from '../sources.ts';
import type { Tensor } from '../tensor.ts';
import { currentTrace, Trace, within } from '../tracing.ts';
import type { JointStep } from './joint-step.ts';
import { chooseResiduals } from './residuals.ts';

/** The loop that the step belongs to. */
export interface LoopShape {
  readonly consts: number;
  readonly carries: number;
  /** Number of results of the body. */
  readonly results: number;
  /** Consts, carries and xs of the loop. */
  readonly operands: readonly Tensor[];
  readonly length: Dim;
  /** Steps of this loop and all loops around it. */
  readonly steps: number;
}

/** What is known when the reverse scan is emitted. */
export interface ReadContext {
  /** Results of the forward scan. */
  readonly forward: readonly Tensor[];
  readonly operands: readonly Tensor[];
  readonly cotangents: readonly (Tensor | undefined)[];
  /** Direction of the forward scan. */
  readonly reverse: boolean;
  readonly length: Dim;
}

/** A nested Program and the tensors of the current trace that are its consts. */
export interface Body {
  readonly program: Program;
  readonly captured: readonly Tensor[];
}

/** Both bodies; `reads` give the xs of the reverse scan, in order. */
export interface PartedStep {
  readonly forward: Body;
  readonly reverse: Body;
  readonly reads: readonly ((context: ReadContext) => Tensor)[];
}

/** Parts a step. The forward scan gets the residuals as further ys. */
export function partStep(step: JointStep, loop: LoopShape): PartedStep {
  const { program } = step;
  const { consts, carries, results, operands, length, steps } = loop;
  const types = valueTypes(program);
  const typeAt = (id: number): TensorType => types[id] as TensorType;
  const stacked = new Map<number, number>();
  program.results.slice(carries, results).forEach((id, index) => {
    if (!stacked.has(id)) stacked.set(id, carries + index);
  });
  const shifted = new Map<number, number>();
  for (let index = 0; index < carries && typeof length === 'number'; index++) {
    const output = stacked.get(program.results[index] as number);
    if (output !== undefined) shifted.set(consts + index, output);
  }
  const kept = chooseResiduals({
    program,
    forward: step.forward,
    needed: neededValues(step, results),
    carries: Array.from({ length: carries }, (_, index) => consts + index),
    stacked: new Set(stacked.keys()),
    shifted: new Set(shifted.keys()),
    steps,
  });

  const residuals: number[] = [];
  const reads: ((context: ReadContext) => Tensor)[] = [];
  const back = new Trace('the way back of a scan', currentTrace());
  const seededCarries = step.seeds.filter((index) => index < carries);
  const carried = seededCarries.map((index) => back.param(typeAt(consts + index)));
  const summed = step.params.filter((index) => index < consts);
  const sums = summed.map((index) => back.param(typeAt(index)));
  const values = new Map<number, Tensor>();
  const read = (id: number, from: (context: ReadContext) => Tensor): Tensor => {
    reads.push(from);
    return back.param(typeAt(id));
  };
  const paramCount = program.params.length - step.seeds.length;
  const make = (id: number): Tensor => {
    if (id >= paramCount && id < program.params.length) {
      const seed = step.seeds[id - paramCount] as number;
      if (seed < carries) return carried[seededCarries.indexOf(seed)] as Tensor;
      return read(id, ({ cotangents, forward }) => cotangents[seed] ?? zerosLike(forward[seed] as Tensor));
    }
    if (id < consts) return operands[id] as Tensor;
    if (id >= consts + carries && id < paramCount) return read(id, (context) => context.operands[id] as Tensor);
    if (kept.has(id)) {
      const shift = shifted.get(id);
      if (shift !== undefined) return read(id, (context) => shiftedOutput(context, id, shift));
      const output = stacked.get(id);
      if (output !== undefined) return read(id, ({ forward }) => forward[output] as Tensor);
      residuals.push(id);
      return read(id, ({ forward }) => forward[results + residuals.indexOf(id)] as Tensor);
    }
    throw new Error(`the residuals of a scan do not give value %${id}`);
  };
  const definitions = new Map(
    program.instructions.flatMap((instruction) =>
      instruction.types.map((_, index) => [instruction.id + index, instruction] as const),
    ),
  );
  const get = (id: number): Tensor => {
    const known = values.get(id);
    if (known !== undefined) return known;
    const definition = definitions.get(id);
    if (definition === undefined || kept.has(id)) {
      const made = make(id);
      values.set(id, made);
      return made;
    }
    back.replay(definition, definition.operands.map(get)).forEach((tensor, index) => {
      if (!kept.has(definition.id + index)) values.set(definition.id + index, tensor);
    });
    return values.get(id) as Tensor;
  };
  const reverse = within(back, () => {
    for (const instruction of program.instructions) {
      if (step.forward[instruction.id] !== true) get(instruction.id);
    }
    const leaving = new Map(
      step.params.map((index, position) => [index, program.results[results + position] as number]),
    );
    const at = (index: number): Tensor => get(leaving.get(index) as number);
    return back.close([
      ...seededCarries.map((index) => at(consts + index)),
      ...summed.map((index, position) => add(sums[position] as Tensor, at(index))),
      ...step.params.filter((index) => index >= consts + carries).map(at),
    ]);
  });
  residuals.sort((a, b) => a - b);
  return { forward: forwardBody(step, loop, residuals), reverse, reads };
}

/** The forward instructions; what only the way back uses falls away when the trace closes. */
function forwardBody(step: JointStep, { consts, results, operands }: LoopShape, residuals: readonly number[]): Body {
  const { program } = step;
  const ahead = new Trace('a scan', currentTrace());
  const values: Tensor[] = program.params.map(({ type, name }, index) => {
    const given = index < consts ? operands[index] : undefined;
    return given ?? (index < program.params.length - step.seeds.length ? ahead.param(type, name) : zeroPoint(ahead));
  });
  return within(ahead, () => {
    for (const instruction of program.instructions) {
      const inputs = instruction.operands.map((id) => values[id] as Tensor);
      if (step.forward[instruction.id] === true) values.push(...ahead.replay(instruction, inputs));
      else for (const _ of instruction.types) values.push(zeroPoint(ahead));
    }
    return ahead.close([...program.results.slice(0, results), ...residuals].map((id) => values[id] as Tensor));
  });
}

/** Stands for what the forward body never uses. */
function zeroPoint(trace: Trace): Tensor {
  return trace.scalar('f32', 0);
}

function neededValues({ program, forward }: JointStep, results: number): Set<number> {
  const needed = new Set<number>();
  for (const instruction of program.instructions) {
    if (forward[instruction.id] === true) continue;
    for (const id of instruction.operands) if (forward[id] === true) needed.add(id);
  }
  for (const id of program.results.slice(results)) if (forward[id] === true) needed.add(id);
  return needed;
}

/** The carry before each step: the initial one, and the output of the step before. */
function shiftedOutput({ forward, operands, reverse, length }: ReadContext, carry: number, output: number): Tensor {
  const stack = forward[output] as Tensor;
  const initial = operands[carry] as Tensor;
  const first = reshape(initial, [1, ...initial.shape]);
  const steps = length as number;
  if (steps === 1) return first;
  return reverse
    ? concat([slice(stack, { axis: 0, start: 1 }), first], 0)
    : concat([first, slice(stack, { axis: 0, limit: steps - 1 })], 0);
}

function zerosLike({ type }: Tensor): Tensor {
  return zeros(type.shape, type.dtype);
}
