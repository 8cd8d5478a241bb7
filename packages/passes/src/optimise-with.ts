/**
 * The sequence in which passes run, over whatever table of standard passes is given: all of them, or those that a Program
 * has use for.
 */

import type { Program } from '@rheo/ir';
import type { OptionalPasses, OptionalPassName } from './optional-passes.ts';
import type { Pass } from './rebuild.ts';
import { foldAndSimplify } from './simplify.ts';

/** Names of the standard passes. */
export const standardPassNames = [
  'inlineCalls',
  'deadCode',
  'fold',
  'simplify',
  'commonSubexpressions',
  'hoist',
  'sink',
  'factor',
  'stable',
] as const;

/** Name of a standard pass. */
export type StandardPassName = (typeof standardPassNames)[number];

/** Name of a pass that can be switched. */
export type PassName = StandardPassName | OptionalPassName;

/** Passes to switch on or off; standard ones that are left out are on, optional ones off. */
export type PassSwitches = { readonly [K in PassName]?: boolean };

/** Standard passes by name; those that have nothing to do in a Program may be missing. */
export type PassTable = { readonly [K in StandardPassName]?: Pass };

/**
 * Runs the standard sequence of passes; the result has no `call`, unless `inlineCalls` is switched off. An optional pass
 * runs if it is given and switched on.
 */
export function optimiseWith(
  table: PassTable,
  program: Program,
  switches: PassSwitches,
  optional: OptionalPasses,
): Program {
  const on = (name: StandardPassName): boolean => switches[name] ?? true;
  const apply = (name: PassName, current: Program): Program => {
    if ((standardPassNames as readonly string[]).includes(name)) {
      return on(name as StandardPassName) ? (table[name as StandardPassName]?.run(current) ?? current) : current;
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
