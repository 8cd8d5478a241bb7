/**
 * How far ahead is predicted, as said to people: `1 row`, `3 rows`, `6 h`, `2.5` in the unit of the time column.
 */

import type { Preparation } from '@rheo/data';

const units = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const;

/** The horizon in words; empty for tasks of the present. */
export function horizonWords({ horizon, time }: Preparation): string {
  if (horizon === null) return '';
  if (horizon.kind === 'steps') return horizon.steps === 1 ? '1 row' : `${horizon.steps} rows`;
  if (time === null || time.unit === 'number') return String(horizon.ahead);
  const [length, unit] = units.find(([size]) => horizon.ahead >= size) ?? [1, 's'];
  return `${Number((horizon.ahead / length).toPrecision(3))} ${unit}`;
}
