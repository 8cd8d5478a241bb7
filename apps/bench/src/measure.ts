/**
 * Measures contenders on one problem: prepares all, verifies their numbers, and times side by side those that are right.
 */
import type { Contender, Prepared } from './contender.ts';
import { type Effort, interleave } from './interleave.ts';
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
  /** The same by round. */
  readonly rounds: readonly number[];
  readonly compileMs: number;
  readonly runs: number;
  readonly builtMs?: number;
  readonly cachedMs?: number;
  readonly workspaceBytes?: number;
  readonly plannedBytes?: number;
  readonly memoryBytes?: number;
  readonly threads?: number;
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

export const standardEffort: Effort = { warmRuns: 30, warmMs: 2000, rounds: 5, timedMs: 2500 };

/** Prepares, verifies, warms up and times all contenders on one problem. */
export async function measure(
  contenders: readonly Contender[],
  problem: Problem,
  effort: Effort,
): Promise<Measurement> {
  const { shape, mode } = problem;
  const expected = referenceOf(problem);
  const entries: { readonly contender: Contender; readonly prepared: Prepared }[] = [];
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
          entries.push({ contender, prepared });
        } else {
          refuse(contender, wrong, true);
          await prepared.dispose();
        }
      } catch (error) {
        refuse(contender, error instanceof Error ? error.message : String(error), true);
      }
    }
    const timings = await interleave(
      entries.map(({ prepared }) => prepared),
      effort,
    );
    const results: Result[] = [];
    for (const [index, { contender, prepared }] of entries.entries()) {
      const { usPerRun = Number.NaN, usByRound = [], runs = 0 } = timings[index] ?? {};
      const { compileMs, builtMs, cachedMs, workspaceBytes, plannedBytes, threads, engine } = prepared;
      const memoryBytes = await prepared.memoryBytes?.();
      results.push({
        name: contender.name,
        kind: contender.kind,
        shape: shape.name,
        mode,
        usPerStep: usPerRun / shape.steps,
        rounds: usByRound.map((us) => us / shape.steps),
        compileMs,
        runs,
        ...(builtMs === undefined ? {} : { builtMs }),
        ...(cachedMs === undefined ? {} : { cachedMs }),
        ...(workspaceBytes === undefined ? {} : { workspaceBytes }),
        ...(plannedBytes === undefined ? {} : { plannedBytes }),
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
        ...(threads === undefined ? {} : { threads }),
        ...(engine === undefined ? {} : { engine }),
      });
    }
    return { results, refusals };
  } finally {
    for (const entry of entries) await entry.prepared.dispose();
  }
}
