/**
 * Measures where the time of a run goes, for any target whose code can be made with a clock before every kernel.
 *
 * Runs with and without the clock alternate in rounds, so that the two can be compared on a machine whose speed drifts.
 * A figure is the median over rounds, less what reading the clock takes, which the target measures and hands over. It
 * allocates nothing in a round, and its time is bounded: rounds end after `budgetSeconds`, three rounds at least.
 */

import type { Profile, ProfileEntry } from '@rheo/ir';
import type { KernelSite } from './kernel-sites.ts';

/** Code to be measured. */
export interface ProfileTarget {
  /** In the order of the numbers that the code with the clock uses. */
  readonly sites: readonly KernelSite[];
  /** One run of the ordinary code, on one thread. */
  run(): void;
  /** One run of the code with the clock: adds seconds and calls of each kernel under its number. */
  runTimed(seconds: Float64Array, calls: Float64Array): void;
  /** Seconds that one reading of the clock takes. */
  readonly clockSeconds: number;
  /** Seconds on a steady clock. */
  now(): number;
}

const warmRuns = 30;
const warmSeconds = 0.5;
const rounds = 9;
const fewestRounds = 3;
/** A round lasts at least so long, far above what a page's coarse clock resolves. */
const roundSeconds = 0.01;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Measures `target`; `budgetSeconds` bounds the rounds, not a single run. */
export function measureProfile(target: ProfileTarget, budgetSeconds = 2): Profile {
  const { sites } = target;
  const now = (): number => target.now();
  const [seconds, calls] = [new Float64Array(sites.length), new Float64Array(sites.length)];
  const warm = now() + warmSeconds;
  let single = 0;
  for (let index = 0; index < warmRuns && (index < 2 || now() < warm); index += 1) {
    const begin = now();
    target.run();
    single = now() - begin;
    target.runTimed(seconds, calls);
  }
  const runs = Math.max(1, Math.ceil(roundSeconds / Math.max(single, 1e-7)));
  const plain: number[] = [];
  const timed: number[] = [];
  const perKernel: number[][] = sites.map(() => []);
  const stop = now() + budgetSeconds;
  for (let round = 0; round < rounds && (round < fewestRounds || now() < stop); round += 1) {
    const begin = now();
    for (let index = 0; index < runs; index += 1) target.run();
    const between = now();
    seconds.fill(0);
    calls.fill(0);
    for (let index = 0; index < runs; index += 1) target.runTimed(seconds, calls);
    timed.push((now() - between) / runs);
    plain.push((between - begin) / runs);
    sites.forEach((_, slot) => {
      const clock = (calls[slot] ?? 0) * target.clockSeconds;
      perKernel[slot]?.push(Math.max(0, (seconds[slot] ?? 0) - clock) / runs);
    });
  }
  const entries = sites.map(({ step, kernel, detail, loops, work }, slot): ProfileEntry => {
    const count = (calls[slot] ?? 0) / runs;
    const { layer } = step.origin;
    return {
      kernel,
      detail,
      ...(layer === undefined ? {} : { layer }),
      loops,
      calls: count,
      seconds: median(perKernel[slot] ?? []),
      flops: work.flops * count,
      functions: work.functions * count,
      bytes: work.bytes * count,
    };
  });
  return { seconds: median(plain), timedSeconds: median(timed), runs: runs * plain.length, entries };
}
