/**
 * Makes Programs smaller by local rules, to a fixpoint, nested Programs included.
 *
 * The rules are in the files beside this one: arithmetic, movement, reductions and products, scans. Each holds for
 * every input (infinities, NaN, named and empty axes); only the order of sums and products and the sign of a zero
 * may change.
 */

import type { Program } from '@rheo/ir';
import { foldRules } from './fold.ts';
import type { Rule, Rules } from './rewriter.ts';
import { rewrite } from './rewriter.ts';
import { arithmeticRules } from './simplify-arithmetic.ts';
import { movementRules } from './simplify-movement.ts';
import { reduceRules } from './simplify-reduce.ts';
import { simplifyScan } from './simplify-scan.ts';

/** The Program with the rules of simplification applied until none takes effect. */
export function simplify(program: Program): Program {
  return rewrite(program, simplifyRules, simplifyScan);
}

/** The Program with the rules of `fold` and `simplify` applied together, which needs fewer walks. */
export function foldAndSimplify(program: Program): Program {
  return rewrite(program, bothRules, simplifyScan);
}

const simplifyRules: Rules = { ...arithmeticRules, ...movementRules, ...reduceRules };
const bothRules: Rules = merged(foldRules, simplifyRules);

function merged(first: Rules, second: Rules): Rules {
  const table: Record<string, readonly Rule<never>[]> = { ...(first as object) };
  for (const [op, rules] of Object.entries(second))
    table[op] = [...(table[op] ?? []), ...(rules as unknown as Rule<never>[])];
  return table as Rules;
}
