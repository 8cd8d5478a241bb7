/**
 * Where an adaptive solver meets the host: rows that did not finish are an error, with their numbers.
 */

import { RheoError } from '@rheo/ir';

/** Throws `value` naming the rows if any flag is 0 or false; `where` says whose they are. */
export function requireFinished(finished: ArrayLike<number | boolean>, where?: string): void {
  const rows: number[] = [];
  for (let row = 0; row < finished.length; row++) if (Number(finished[row]) === 0) rows.push(row);
  if (rows.length === 0) return;
  const shown = rows.slice(0, 8).join(', ');
  throw new RheoError('value', {
    from: '@rheo/layers',
    what: `the solver did not reach the end of the interval in ${rows.length} of ${finished.length} rows (${shown}${rows.length > 8 ? ', …' : ''})`,
    where,
    remedy: 'Raise maxSteps or the tolerances, or take shorter intervals',
  });
}
