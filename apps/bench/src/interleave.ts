/**
 * Times prepared contenders side by side: warm all up, then rounds of A B C, A B C, …
 *
 * Machines drift while a benchmark runs, so each round gives every contender one short slice and only figures of the
 * same call are comparable. It bounds the time of every contender; a slow one gets fewer runs, but three.
 */
import type { Prepared } from './contender.ts';

/** How long to take, per contender and problem. */
export interface Effort {
  readonly warmRuns: number;
  readonly warmMs: number;
  readonly rounds: number;
  /** Timed milliseconds of all rounds together. */
  readonly timedMs: number;
}

/** What one contender took. */
export interface Timing {
  /** Median µs of one run. */
  readonly usPerRun: number;
  /** The same of each round it took part in, in order: rounds of the same number were timed within moments. */
  readonly usByRound: readonly number[];
  readonly runs: number;
}

/** A contender whose every run takes seconds drops out of the rounds after this many. */
const fewestRuns = 3;

/** Runs shorter than this are timed several at once, so that the clock costs nothing; clocks of pages are coarse. */
const shortestSampleUs = 'process' in globalThis ? 50 : 1000;

interface Entry {
  readonly prepared: Prepared;
  /** µs per run, one entry per sample, of each round. */
  readonly rounds: number[][];
  runs: number;
  /** µs of one run, from the warm-up. */
  estimate: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** µs per run of `count` runs, timed as one. */
async function timeTogether(prepared: Prepared, count: number): Promise<number> {
  const begin = performance.now();
  for (let k = 0; k < count; k += 1) {
    const pending = prepared.run();
    if (pending !== undefined) await pending;
  }
  return ((performance.now() - begin) * 1000) / count;
}

async function warmUp(entry: Entry, effort: Effort): Promise<void> {
  const { prepared } = entry;
  const stop = performance.now() + effort.warmMs;
  const recent: number[] = [];
  for (let k = 0; k < effort.warmRuns && (k < 1 || performance.now() < stop); k += 1) {
    const taken = prepared.sample === undefined ? [await timeTogether(prepared, 1)] : await prepared.sample(1);
    recent.push(...taken);
  }
  entry.estimate = median(recent.slice(-5));
}

/** One slice of about `sliceMs` milliseconds, at least one run. */
async function slice(entry: Entry, sliceMs: number): Promise<void> {
  const { prepared, estimate } = entry;
  const samples: number[] = [];
  entry.rounds.push(samples);
  if (prepared.sample !== undefined) {
    const count = Math.max(1, Math.round((sliceMs * 1000) / estimate));
    const taken = await prepared.sample(count);
    samples.push(...taken);
    entry.runs += taken.length;
    return;
  }
  const together = Math.max(1, Math.ceil(shortestSampleUs / estimate));
  const stop = performance.now() + sliceMs;
  do {
    samples.push(await timeTogether(prepared, together));
    entry.runs += together;
  } while (performance.now() < stop);
}

/** Times all of `prepared`; timings come in their order. */
export async function interleave(prepared: readonly Prepared[], effort: Effort): Promise<readonly Timing[]> {
  const entries = prepared.map((one): Entry => ({ prepared: one, rounds: [], runs: 0, estimate: Number.NaN }));
  for (const entry of entries) await warmUp(entry, effort);
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const entry of entries) {
      const spentMs = (entry.runs * entry.estimate) / 1000;
      if (entry.runs < fewestRuns || spentMs < effort.timedMs) await slice(entry, effort.timedMs / effort.rounds);
    }
  }
  return entries.map(({ rounds, runs }) => ({
    usPerRun: median(rounds.flat()),
    usByRound: rounds.map(median),
    runs,
  }));
}
