/**
 * One step of a loop and its way back in one Program, before they are parted into a forward and a reverse body.
 */

import type { Program } from '@rheo/ir';
import { zeros } from '../sources.ts';
import type { Tensor } from '../tensor.ts';
import { Trace, within } from '../tracing.ts';
import type { Differentiate } from './rule.ts';

/** The question: a body, what to differentiate by, and which of its results get a cotangent. */
export interface StepQuestion {
  readonly body: Program;
  readonly consts: number;
  readonly carries: number;
  /** Parameters of the body to differentiate by. */
  readonly active: readonly boolean[];
  /** Results of the body that get a cotangent. */
  readonly seeded: readonly boolean[];
  readonly differentiate: Differentiate;
}

/**
 * Parameters: those of the body, then cotangents of the seeded results. Results: those of the body, then cotangents of
 * `params` (positions among the body's parameters; carries come with their cotangent even if it is zero).
 */
export interface JointStep {
  readonly program: Program;
  /** Results of the body that a cotangent parameter belongs to, in order. */
  readonly seeds: readonly number[];
  /** Parameters of the body that a cotangent result belongs to, in order. */
  readonly params: readonly number[];
  /** For each value of the Program, whether it depends on no cotangent. */
  readonly forward: readonly boolean[];
}

/** Traces a step and its way back. */
export function jointStep({ body, consts, carries, active, seeded, differentiate }: StepQuestion): JointStep {
  const joint = new Trace('a step and its way back');
  const operands = body.params.map(({ type, name }) => joint.param(type, name));
  const seeds = body.results.map((_, index) => index).filter((index) => seeded[index] === true);
  const wanted: number[] = [];
  const program = within(joint, () => {
    const part = differentiate(body, operands, active, seeded);
    const arriving = part.results.map(({ type }, index) => (seeds.includes(index) ? joint.param(type) : undefined));
    const back = part.pull(arriving);
    const leaving: Tensor[] = [];
    back.forEach((cotangent, index) => {
      const carry = index - consts;
      const carried = carry >= 0 && carry < carries && seeds.includes(carry);
      if (cotangent === undefined && !carried) return;
      const { type } = operands[index] as Tensor;
      wanted.push(index);
      leaving.push(cotangent ?? zeros(type.shape, type.dtype));
    });
    return joint.close([...part.results, ...leaving]).program;
  });
  const forward = program.params.map((_, index) => index < body.params.length);
  for (const instruction of program.instructions) {
    const still = instruction.operands.every((id) => forward[id] === true);
    for (const _ of instruction.types) forward.push(still);
  }
  return { program, seeds, params: wanted, forward };
}
