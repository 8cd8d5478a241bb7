/**
 * Reverse mode over the instructions of one Program, in the current trace: the values forward, the cotangents back.
 *
 * Only values that depend on what is wanted and lead to a cotangent are visited. What a rule emits carries the layer
 * path of the instruction that it belongs to.
 */

import type { Attributes, Instruction, Op, Program } from '@rheo/ir';
import type { Tensor } from '../tensor.ts';
import { atLayer, currentTrace } from '../tracing.ts';
import { activeValues, reachingValues } from './activity.ts';
import { Cotangents } from './cotangents.ts';
import type { Contribution, Differentiated, GradientRule, Pull, Transform } from './rule.ts';
import { gradientRules } from './rules.ts';

interface Visit {
  readonly instruction: Instruction;
  readonly pull: (cotangents: readonly (Tensor | undefined)[]) => readonly Contribution[];
}

/** Emits a Program on operands and returns its results and the way back. */
export function differentiate(
  program: Program,
  operands: readonly Tensor[],
  activeParams: readonly boolean[],
  seeded: readonly boolean[],
): Differentiated {
  const active = activeValues(program, activeParams, breaks);
  const reaching = reachingValues(program, seeded, breaks);
  const live = (id: number): boolean => active[id] === true && reaching[id] === true;
  const values: Tensor[] = [...operands];
  const visits: Visit[] = [];
  for (const instruction of program.instructions) {
    const inputs = instruction.operands.map((id) => values[id] as Tensor);
    const outputs = instruction.types.map((_, index) => live(instruction.id + index));
    const rule = gradientRules[instruction.op] as GradientRule<Op>;
    if (rule === 'none' || !outputs.includes(true)) {
      values.push(...currentTrace().replay(instruction, inputs));
    } else if ('pull' in rule) {
      const [result] = currentTrace().replay(instruction, inputs) as [Tensor];
      values.push(result);
      const attributes = instruction.attributes as Attributes[Op];
      const wanted = instruction.operands.map(live);
      const base: Omit<Pull<Op>, 'cotangent'> = { attributes, operands: inputs, result, wanted };
      visits.push({ instruction, pull: ([cotangent]) => rule.pull({ ...base, cotangent: cotangent as Tensor }) });
    } else {
      const flags = instruction.operands.map((id) => active[id] === true);
      const input = { instruction, operands: inputs, active: flags, seeded: outputs, differentiate, breaks };
      const part = rule.transform(input as unknown as Transform<Op>);
      values.push(...part.results);
      visits.push({ instruction, pull: part.pull });
    }
  }
  const pull = (cotangents: readonly (Tensor | undefined)[]): (Tensor | undefined)[] => {
    const sums = new Cotangents();
    program.results.forEach((id, index) => {
      if (live(id)) sums.add(id, cotangents[index]);
    });
    for (const { instruction, pull: back } of visits.toReversed()) {
      atLayer(instruction.metadata?.layer, () => {
        const arrived = instruction.types.map((_, index) =>
          live(instruction.id + index) ? sums.sum(instruction.id + index) : undefined,
        );
        if (arrived.every((cotangent) => cotangent === undefined)) return;
        back(arrived).forEach((contribution, index) => {
          const id = instruction.operands[index] as number;
          if (live(id)) sums.add(id, contribution);
        });
      });
    }
    return program.params.map((_, index) => (live(index) ? sums.sum(index) : undefined));
  };
  return { results: program.results.map((id) => values[id] as Tensor), pull };
}

/** True for ops whose results are constants to gradients. */
export function breaks(op: Op): boolean {
  return gradientRules[op] === 'none';
}
