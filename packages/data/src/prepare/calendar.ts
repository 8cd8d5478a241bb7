/** The place of a time in the cycles of the calendar, in UTC. */
import type { CalendarCycle } from './preparation.ts';

/** Seconds. Weeks begin on Thursday here, as 1970 did; a year is the mean one. */
const lengths: Readonly<Record<CalendarCycle, number>> = { day: 86_400, week: 604_800, year: 365.2425 * 86_400 };

/** Angle in the cycle, from 0 to 2π. `time` in seconds since 1970. */
export function phase(time: number, cycle: CalendarCycle): number {
  const part = time / lengths[cycle];
  return 2 * Math.PI * (part - Math.floor(part));
}

/** The cycles that data of this span and usual gap (seconds) shows: at least two of them, each with four rows. */
export function visibleCycles(span: number, gap: number): CalendarCycle[] {
  return (['day', 'week', 'year'] as const).filter((cycle) => span >= 2 * lengths[cycle] && gap <= lengths[cycle] / 4);
}
