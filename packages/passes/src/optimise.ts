/**
 * The standard sequence of passes, each of which can be switched on or off for one compile.
 *
 * Calls are inlined first, so this comes after differentiation. Passes that pay on some targets only are off unless
 * asked for; the others are on unless refused. The cleaning passes run until nothing changes, within a bound.
 */

import type { Program } from '@rheo/ir';
import { commonSubexpressions } from './common-subexpressions.ts';
import { mergeDots, splitConcatDot } from './concat-dots.ts';
import { deadCode } from './dead-code.ts';
import { factor } from './factor.ts';
import { fold } from './fold.ts';
import { hoist } from './hoist.ts';
import { hoistStreamed } from './hoist-streamed.ts';
import { inlineCalls } from './inline-calls.ts';
import type { Pass } from './rebuild.ts';
import { rematerialise } from './rematerialise.ts';
import { foldAndSimplify, simplify } from './simplify.ts';
import { sink } from './sink.ts';
import { sinkOutputs } from './sink-outputs.ts';
import { stable } from './stable.ts';

/** Name of a pass that can be switched. */
export type PassName =
  | 'inlineCalls'
  | 'deadCode'
  | 'fold'
  | 'simplify'
  | 'commonSubexpressions'
  | 'hoist'
  | 'sink'
  | 'sinkOutputs'
  | 'hoistStreamed'
  | 'splitConcatDot'
  | 'mergeDots'
  | 'factor'
  | 'rematerialise'
  | 'stable';

const table: { readonly [K in PassName]: { readonly run: (program: Program) => Program; readonly standard: boolean } } =
  {
    inlineCalls: { run: inlineCalls, standard: true },
    deadCode: { run: deadCode, standard: true },
    fold: { run: fold, standard: true },
    simplify: { run: simplify, standard: true },
    commonSubexpressions: { run: commonSubexpressions, standard: true },
    hoist: { run: hoist, standard: true },
    sink: { run: sink, standard: true },
    sinkOutputs: { run: sinkOutputs, standard: false },
    hoistStreamed: { run: hoistStreamed, standard: false },
    splitConcatDot: { run: splitConcatDot, standard: false },
    mergeDots: { run: mergeDots, standard: false },
    factor: { run: factor, standard: true },
    rematerialise: { run: rematerialise, standard: false },
    stable: { run: stable, standard: true },
  };

/** Passes to switch on or off; those left out keep their standard. */
export type PassSwitches = { readonly [K in PassName]?: boolean };

/** All passes by name, with their standard options. */
export const passes: { readonly [K in PassName]: Pass } = Object.fromEntries(
  Object.entries(table).map(([name, { run }]) => [name, { name, run }]),
) as { readonly [K in PassName]: Pass };

/** Names of all passes that can be switched, in the order in which `optimise` first runs them. */
export const passNames: readonly PassName[] = Object.keys(table) as PassName[];

/** Runs the standard sequence of passes; the result has no `call`, unless `inlineCalls` is switched off. */
export function optimise(program: Program, switches: PassSwitches = {}): Program {
  const on = (name: PassName): boolean => switches[name] ?? table[name].standard;
  const apply = (name: PassName, current: Program): Program => (on(name) ? table[name].run(current) : current);
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
