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
import type { OptionalPasses, OptionalPassName } from './optional-passes.ts';
import type { Pass } from './rebuild.ts';
import { foldAndSimplify, simplify } from './simplify.ts';
import { sink } from './sink.ts';
import { stable } from './stable.ts';

/** Name of a standard pass. */
export type StandardPassName =
  | 'inlineCalls'
  | 'deadCode'
  | 'fold'
  | 'simplify'
  | 'commonSubexpressions'
  | 'hoist'
  | 'sink'
  | 'factor'
  | 'stable';

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

/** Name of a pass that can be switched. */
export type PassName = StandardPassName | OptionalPassName;

/** Passes to switch on or off; standard ones that are left out are on, optional ones off. */
export type PassSwitches = { readonly [K in PassName]?: boolean };

/**
 * Runs the standard sequence of passes; the result has no `call`, unless `inlineCalls` is switched off. An optional pass
 * runs if it is given and switched on.
 */
export function optimise(program: Program, switches: PassSwitches = {}, optional: OptionalPasses = {}): Program {
  const on = (name: StandardPassName): boolean => switches[name] ?? true;
  const apply = (name: PassName, current: Program): Program => {
    if (name in standardPasses) {
      return on(name as StandardPassName) ? standardPasses[name as StandardPassName].run(current) : current;
    }
    const pass = optional[name as OptionalPassName];
    return switches[name] === true && pass !== undefined ? pass.run(current) : current;
  };
  let clean: Program | undefined;
  const cleaned = (dirty: Program): Program => {
    if (dirty === clean) return dirty;
    let current = apply('deadCode', dirty);
    if (on('fold') && on('simplify')) current = foldAndSimplify(current);
    else current = apply('simplify', apply('fold', current));
    clean = apply('deadCode', apply('commonSubexpressions', current));
    return clean;
  };
  let current = cleaned(apply('stable', apply('inlineCalls', program)));
  current = cleaned(apply('hoistStreamed', apply('splitConcatDot', apply('hoist', apply('mergeDots', current)))));
  current = cleaned(apply('rematerialise', apply('factor', current)));
  return cleaned(apply('sinkOutputs', apply('sink', current)));
}
