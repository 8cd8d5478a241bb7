/**
 * The standard sequence of passes, each of which can be switched on or off for one compile.
 *
 * Calls are inlined first, so this comes after differentiation. The standard passes are on unless refused. Passes that
 * pay on some targets only are given by the caller (`optionalPasses`), so that nobody bundles what is never asked for.
 * The cleaning passes run until nothing changes, within a bound.
 */

import type { Program } from '@rheo/ir';
import { alwaysPasses } from './always-passes.ts';
import { factor } from './factor.ts';
import type { PassSwitches, StandardPassName } from './optimise-with.ts';
import { optimiseWith } from './optimise-with.ts';
import type { OptionalPasses } from './optional-passes.ts';
import type { Pass } from './rebuild.ts';
import { sink } from './sink.ts';

/** The passes that run unless they are switched off. */
export const standardPasses: { readonly [K in StandardPassName]: Pass } = {
  ...alwaysPasses,
  sink: { name: 'sink', run: (program) => sink(program) },
  factor: { name: 'factor', run: factor },
};

/**
 * Runs the standard sequence of passes; the result has no `call`, unless `inlineCalls` is switched off. An optional pass
 * runs if it is given and switched on.
 */
export function optimise(program: Program, switches: PassSwitches = {}, optional: OptionalPasses = {}): Program {
  return optimiseWith(standardPasses, program, switches, optional);
}
