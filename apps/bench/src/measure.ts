/**
 * Times contenders side by side on one problem: warm all up, then rounds of A B C, A B C, …, and medians.
 *
 * Machines drift while a benchmark runs, so each round gives every contender one short slice and only figures of the
 * same run are comparable. It bounds the time of every contender; a slow one gets fewer runs, but three.
 */
import type { Contender, Prepared } from './contender.ts';
import type { Problem } from './problem.ts';
import { disagreement, referenceOf } from './reference.ts';

/** One line of output. */
export interface Result {
  readonly name: string;
  readonly kind: Contender['kind'];
  readonly shape: string;
  readonly mode: string;
  /** Median µs per time step. */
  readonly usPerStep: number;
  readonly compileMs: number;
  readonly runs: number;
  readonly engine?: string;
}

/** A contender without a figure: it cannot do the problem, or its numbers are wrong. */
export interface Refusal {
  readonly name: string;
  readonly shape: string;
  readonly mode: string;
  readonly reason: string;
  /** True where the numbers were wrong or the engine failed, false where it says that it cannot do the problem. */
  readonly failed: boolean;
}

export interface Measurement {
  readonly results: readonly Result[];
  readonly refusals: readonly Refusal[];
}

/** How long to take, per contender and problem. */
export interface Effort {
  readonly warmRuns: number;
  readonly warmMs: number;
  readonly rounds: number;
  /** Timed milliseconds of all rounds together. */
  readonly timedMs: number;
}

export const standardEffort: Effort = { warmRuns: 30, warmMs: 2000, rounds: 5, timedMs: 2500 };

/** A contender whose every run takes seconds drops out of the rounds after this many. */
const fewestRuns = 3;

/** Runs shorter than this are timed several at once, so that the clock costs nothing. */
const shortestSampleUs = 50;

interface Entry {
  readonly contender: Contender;
  readonly prepared: Prepared;
  /** µs per run, one entry per sample. */
  readonly samples: number[];
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
  if (prepared.sample !== undefined) {
    const count = Math.max(1, Math.round((sliceMs * 1000) / estimate));
    const taken = await prepared.sample(count);
    entry.samples.push(...taken);
    entry.runs += taken.length;
    return;
  }
  const together = Math.max(1, Math.ceil(shortestSampleUs / estimate));
  const stop = performance.now() + sliceMs;
  do {
    entry.samples.push(await timeTogether(prepared, together));
    entry.runs += together;
  } while (performance.now() < stop);
}

/** Prepares, verifies, warms up and times all contenders on one problem. */
export async function measure(
  contenders: readonly Contender[],
  problem: Problem,
  effort: Effort,
): Promise<Measurement> {
  const { shape, mode } = problem;
  const expected = referenceOf(problem);
  const entries: Entry[] = [];
  const refusals: Refusal[] = [];
  const refuse = (contender: Contender, reason: string, failed: boolean): void => {
    refusals.push({ name: contender.name, shape: shape.name, mode, reason, failed });
  };
  try {
    for (const contender of contenders) {
      try {
        const prepared = await contender.prepare(problem);
        if ('unsupported' in prepared) {
          refuse(contender, prepared.unsupported, false);
          continue;
        }
        const wrong = disagreement(problem, await prepared.check(), expected);
        if (wrong === undefined) {
          entries.push({ contender, prepared, samples: [], runs: 0, estimate: Number.NaN });
        } else {
          refuse(contender, wrong, true);
          await prepared.dispose();
        }
      } catch (error) {
        refuse(contender, error instanceof Error ? error.message : String(error), true);
      }
    }
    for (const entry of entries) await warmUp(entry, effort);
    for (let round = 0; round < effort.rounds; round += 1) {
      for (const entry of entries) {
        const spentMs = (entry.runs * entry.estimate) / 1000;
        if (entry.runs < fewestRuns || spentMs < effort.timedMs) await slice(entry, effort.timedMs / effort.rounds);
      }
    }
  } finally {
    for (const entry of entries) await entry.prepared.dispose();
  }
  const results = entries.map(
    ({ contender, prepared, samples, runs }): Result => ({
      name: contender.name,
      kind: contender.kind,
      shape: shape.name,
      mode,
      usPerStep: median(samples) / shape.steps,
      compileMs: prepared.compileMs,
      runs,
      ...(prepared.engine === undefined ? {} : { engine: prepared.engine }),
    }),
  );
  return { results, refusals };
}
