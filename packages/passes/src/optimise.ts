/**
 * The standard sequence of passes, each of which can be switched on or off for one compile.
 *
 * Calls are inlined first, so this comes after differentiation. The standard passes are on unless refused. Passes that
 * pay on some targets only are given by the caller (`optionalPasses`), so that nobody bundles what is never asked for.
 * The cleaning passes run until nothing changes, within a bound.
 */

import type { Program } from '@rheo/ir';
import { commonSubexpressions } from './common-subexpressions.ts';
import { deadCode } from './dead-code.ts';
import { factor } from './factor.ts';
import { fold } from './fold.ts';
import { hoist } from './hoist.ts';
import { inlineCalls } from './inline-calls.ts';
import type { PassSwitches, StandardPassName } from './optimise-with.ts';
import { optimiseWith } from './optimise-with.ts';
import type { OptionalPasses } from './optional-passes.ts';
import type { Pass } from './rebuild.ts';
import { simplify } from './simplify.ts';
import { sink } from './sink.ts';
import { stable } from './stable.ts';

/** The passes that run unless they are switched off. */
export const standardPasses: { readonly [K in StandardPassName]: Pass } = {
  inlineCalls: { name: 'inlineCalls', run: inlineCalls },
  deadCode: { name: 'deadCode', run: deadCode },
  fold: { name: 'fold', run: fold },
  simplify: { name: 'simplify', run: simplify },
  commonSubexpressions: { name: 'commonSubexpressions', run: commonSubexpressions },
  hoist: { name: 'hoist', run: hoist },
  sink: { name: 'sink', run: (program) => sink(program) },
  factor: { name: 'factor', run: factor },
  stable: { name: 'stable', run: stable },
};

/**
 * Runs the standard sequence of passes; the result has no `call`, unless `inlineCalls` is switched off. An optional pass
 * runs if it is given and switched on.
 */
export function optimise(program: Program, switches: PassSwitches = {}, optional: OptionalPasses = {}): Program {
  return optimiseWith(standardPasses, program, switches, optional);
}
