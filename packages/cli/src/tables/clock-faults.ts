/**
 * Rows that stand in the way of time: that repeat the time of the row before in their series, or lie before it.
 */

import type { Table } from '@rheo/data';
import { cellText } from '@rheo/data';

/** How many rows there are of each. */
export interface ClockFaults {
  readonly repeated: number;
  readonly backwards: number;
}

/** Counts them; none where there is no time column of dates or numbers. */
export function clockFaults(table: Table, time: string | null, group: readonly string[]): ClockFaults {
  const clock = table.columns.find(({ name }) => name === time);
  const keys = group.flatMap((name) => table.columns.find((column) => column.name === name) ?? []);
  let [repeated, backwards] = [0, 0];
  if (clock === undefined || clock.kind === 'category') return { repeated, backwards };
  const last = new Map<string, number>();
  clock.values.forEach((now, row) => {
    const key = JSON.stringify(keys.map((column) => cellText(column, row) ?? null));
    const before = last.get(key);
    if (before !== undefined && now === before) repeated++;
    if (before !== undefined && now < before) backwards++;
    last.set(key, now);
  });
  return { repeated, backwards };
}
