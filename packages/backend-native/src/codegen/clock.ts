/**
 * What a file has in it when it is made for profiling: a clock that is read before every kernel, and a loop that tells what
 * reading it takes.
 *
 * The clock's memory is the last entry of the table: since when, and the number of the kernel that runs (−1: none); then
 * the seconds and the calls of each kernel in turn.
 */

import type { PrintedFunction } from './source.ts';

/** First in the file: headers want to know the standard before any is read. */
export const clockHead = '#define _POSIX_C_SOURCE 199309L\n#include <time.h>';

/** Readings that one call of `calibrate` makes. */
export const calibrations = 20_000;

/** Entries of the clock's memory ahead of those of kernels. */
export const clockHeader = 2;

/** The clock; `entry` is its place in the table. */
export function clockText(entry: number): string {
  return `/* Ends the kernel that runs, and begins the next. */
static void tick(void *const *table, long next) {
  double *clock = table[${entry}];
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  const double now = (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
  const long current = (long)clock[1];
  if (current >= 0) clock[${clockHeader} + 2 * current] += now - clock[0];
  if (next >= 0) clock[${clockHeader + 1} + 2 * next] += 1;
  clock[0] = now;
  clock[1] = (double)next;
}`;
}

/** The loop, a function of its own beside `prepare` and `run`. */
export const calibrate: PrintedFunction = {
  head: 'void calibrate(void *const *table)',
  text: `void calibrate(void *const *table) {
  for (long k = 0; k < ${calibrations}; ++k) tick(table, -1);
}`,
};
