/**
 * The standard passes that any Program may have use for; those over sums stand beside, as pages load them when needed.
 */

import { commonSubexpressions } from './common-subexpressions.ts';
import { deadCode } from './dead-code.ts';
import { fold } from './fold.ts';
import { hoist } from './hoist.ts';
import { inlineCalls } from './inline-calls.ts';
import type { StandardPassName } from './optimise-with.ts';
import type { Pass } from './rebuild.ts';
import { simplify } from './simplify.ts';
import { stable } from './stable.ts';

/** All standard passes but `sink` and `factor`. */
export const alwaysPasses: { readonly [K in Exclude<StandardPassName, 'sink' | 'factor'>]: Pass } = {
  inlineCalls: { name: 'inlineCalls', run: inlineCalls },
  deadCode: { name: 'deadCode', run: deadCode },
  fold: { name: 'fold', run: fold },
  simplify: { name: 'simplify', run: simplify },
  commonSubexpressions: { name: 'commonSubexpressions', run: commonSubexpressions },
  hoist: { name: 'hoist', run: hoist },
  stable: { name: 'stable', run: stable },
};
