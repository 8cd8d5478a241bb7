/**
 * Gradient of a scan: a forward scan that also stacks what the way back needs, and a reverse scan.
 *
 * Work on consts alone leaves the body first. The reverse scan carries the cotangents of the carries and a sum for the
 * cotangent of each const, in the plain form sum' = sum + contribution; the slices it reads are the stacked residuals,
 * the xs it needs and the cotangents of the ys. A carry that equals an output of the step before is read from that
 * output, shifted, and not stacked again (which needs a length that is a number).
 */

import { add } from '../elementwise.ts';
import { zeros } from '../sources.ts';
import type { Tensor } from '../tensor.ts';
import { currentTrace } from '../tracing.ts';
import { activeCarries, activeValues, reachingCarries } from './activity.ts';
import { hoistInvariant } from './hoist.ts';
import type { JointStep } from './joint-step.ts';
import { jointStep } from './joint-step.ts';
import { partStep } from './part-step.ts';
import { stepCount } from './residuals.ts';
import type { Differentiated, Transform } from './rule.ts';

/** Steps of the loops whose bodies are being differentiated, multiplied: loops in them are met on the way. */
let stepsAround = 1;

/** Forward with residuals, back with a reverse scan. */
export function scanRule(input: Transform<'scan'>): Differentiated {
  const { instruction, operands, active, differentiate, breaks } = input;
  const { consts, length } = instruction.attributes;
  if (length === 0) return emptyScan(input);
  const hoisted = hoistInvariant(instruction.attributes.body, consts);
  if (hoisted === undefined) return loop(input);
  const { before, body } = hoisted;
  const given = operands.slice(0, consts);
  const givenActive = active.slice(0, consts);
  const outside = differentiate(
    before,
    given,
    givenActive,
    before.results.map(() => true),
  );
  const values = activeValues(before, givenActive, breaks);
  const extra = before.results.length;
  const part = loop({
    ...input,
    instruction: { ...instruction, attributes: { ...instruction.attributes, body, consts: consts + extra } },
    operands: [...given, ...outside.results, ...operands.slice(consts)],
    active: [...givenActive, ...before.results.map((id) => values[id] === true), ...active.slice(consts)],
  });
  return {
    results: part.results,
    pull: (cotangents) => {
      const back = part.pull(cotangents);
      const further = outside.pull(back.slice(consts, consts + extra));
      const own = further.map((cotangent, index) => sum(back[index], cotangent));
      return [...own, ...back.slice(consts + extra)];
    },
  };
}

/** Zero steps hand the carries through. */
function emptyScan({ instruction, operands }: Transform<'scan'>): Differentiated {
  const { consts, carries } = instruction.attributes;
  return {
    results: currentTrace().replay(instruction, operands),
    pull: (cotangents) =>
      operands.map((_, index) =>
        index < consts || index >= consts + carries ? undefined : cotangents[index - consts],
      ),
  };
}

function loop({ instruction, operands, active, seeded, differentiate, breaks }: Transform<'scan'>): Differentiated {
  const { body, consts, carries, length, reverse } = instruction.attributes;
  const going = activeCarries(body, active, consts, carries, breaks);
  const coming = reachingCarries(body, seeded, consts, carries, breaks);
  const seededResults = body.results.map((id, index) => {
    const moves = index < carries ? going.params[consts + index] : going.values[id];
    return coming.results[index] === true && moves === true;
  });
  const around = stepsAround;
  const steps = around * stepCount(length);
  stepsAround = steps;
  let step: JointStep;
  try {
    step = jointStep({ body, consts, carries, active: going.params, seeded: seededResults, differentiate });
  } finally {
    stepsAround = around;
  }
  const parted = partStep(step, { consts, carries, results: body.results.length, operands, length, steps });
  const trace = currentTrace();
  const forward = trace.emit(
    'scan',
    [...parted.forward.captured, ...operands.slice(consts)],
    { body: parted.forward.program, length, reverse, consts: parted.forward.captured.length, carries },
    instruction.metadata,
  );
  const seededCarries = step.seeds.filter((index) => index < carries);
  const summed = step.params.filter((index) => index < consts);
  const sliced = step.params.filter((index) => index >= consts + carries);
  const zerosOf = ({ type }: Tensor): Tensor => zeros(type.shape, type.dtype);
  return {
    results: forward.slice(0, body.results.length),
    pull: (cotangents) => {
      const state = [
        ...seededCarries.map((index) => cotangents[index] ?? zerosOf(forward[index] as Tensor)),
        ...summed.map((index) => zerosOf(operands[index] as Tensor)),
      ];
      const context = { forward, operands, cotangents, reverse, length };
      const rows = parted.reads.map((read) => read(context));
      const back = currentTrace().emit('scan', [...parted.reverse.captured, ...state, ...rows], {
        body: parted.reverse.program,
        length,
        reverse: !reverse,
        consts: parted.reverse.captured.length,
        carries: state.length,
      });
      const gathered = new Map<number, Tensor | undefined>();
      [...seededCarries.map((index) => consts + index), ...summed, ...sliced].forEach((index, position) => {
        gathered.set(index, back[position]);
      });
      return operands.map((_, index) => gathered.get(index));
    },
  };
}

function sum(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a === undefined ? b : b === undefined ? a : add(a, b);
}
