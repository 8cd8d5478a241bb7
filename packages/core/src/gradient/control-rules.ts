/**
 * Gradient rules of call and while.
 *
 * A call is differentiated as its body, or by its own pair of Programs; one that stops gradients never gets here. A
 * while has no rule: how often it went round is not known, so nothing could be kept for going back.
 */

import { isFloat, RheoError } from '@rheo/ir';
import { inlineProgram } from '../control.ts';
import { zeros } from '../sources.ts';
import type { Tensor } from '../tensor.ts';
import type { Differentiated, Transform } from './rule.ts';

/** As the body says, or as its own rule says. */
export function callRule({ instruction, operands, active, seeded, differentiate }: Transform<'call'>): Differentiated {
  const { body, gradient } = instruction.attributes;
  if (typeof gradient === 'string') return differentiate(body, operands, active, seeded);
  const outputs = inlineProgram(gradient.forward, operands);
  const count = body.results.length;
  return {
    results: outputs.slice(0, count),
    pull: (cotangents) => {
      const seeds = instruction.types.flatMap((type, index) =>
        isFloat(type.dtype) ? [cotangents[index] ?? zeros(type.shape, type.dtype)] : [],
      );
      const back = inlineProgram(gradient.backward, [...outputs.slice(count), ...seeds]);
      let next = 0;
      return operands.map((operand): Tensor | undefined => (isFloat(operand.dtype) ? back[next++] : undefined));
    },
  };
}

/** Refuses. */
export function whileRule({ instruction }: Transform<'while'>): Differentiated {
  throw new RheoError('gradient', {
    from: '@rheo/core',
    op: 'while',
    layer: instruction.metadata?.layer,
    what: 'a while loop has no gradient, as its number of steps is not known beforehand',
    remedy: 'Use scan with a bounded length whose carry is held by select, or wrap it in customGradient',
  });
}
