/**
 * Runs cases on a backend, with honest skips: a skip has a reason and must name cases that exist.
 */

import type { Backend } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { cases as allCases } from './cases.ts';
import type { CaseReport, ConformanceCase, CreateBackend } from './conformance-case.ts';
import { ConformanceFailure } from './conformance-case.ts';
import { randomFrom } from './random-source.ts';

/** Cases that a backend does not pass, and why. An entry is an id; `op/erf/*` stands for all that begin so. */
export interface Skip {
  readonly reason: string;
  readonly cases: readonly string[];
}

/** What became of one case. */
export interface ConformanceResult {
  readonly id: string;
  readonly ok: boolean;
  readonly skipped?: boolean;
  /** Why it was skipped or how it failed. */
  readonly reason?: string;
  /** Largest error in units of its bound. */
  readonly worst?: number;
  /** Largest error in units in the last place of f32, for cases of single ops. */
  readonly ulps?: number;
}

/** Options of `runConformance`. */
export interface ConformanceOptions {
  readonly skip?: readonly Skip[];
  /** Makes further backends, for the cases of group `lifecycle`; they are skipped without it. */
  readonly create?: CreateBackend;
  /** Cases to run; all unless given. */
  readonly filter?: (item: ConformanceCase) => boolean;
  readonly cases?: readonly ConformanceCase[];
  /** Told each result as it comes. */
  readonly onResult?: (result: ConformanceResult) => void;
}

/** Runs the cases one after the other. Nothing is thrown for a case that fails: its result says so. */
export async function runConformance(backend: Backend, options: ConformanceOptions = {}): Promise<ConformanceResult[]> {
  const { cases = allCases, create, filter = () => true, onResult = () => {} } = options;
  const reasons = new Map(skipReasons(cases, options.skip ?? []));
  if (create === undefined) {
    for (const { id, group } of cases) if (group === 'lifecycle') reasons.set(id, 'needs the option create');
  }
  const results: ConformanceResult[] = [];
  for (const item of cases.filter(filter)) {
    const reason = reasons.get(item.id);
    const result =
      reason === undefined ? await resultOf(item, backend, create) : { id: item.id, ok: true, skipped: true, reason };
    results.push(result);
    onResult(result);
  }
  return results;
}

/** Runs one case, and sees to it that no handle outlives it. Throws `ConformanceFailure` or what the backend throws. */
export async function runCase(
  item: ConformanceCase,
  backend: Backend,
  create: CreateBackend = refuse,
): Promise<CaseReport> {
  const before = backend.liveTensors;
  const report = await item.run(backend, randomFrom(item.id), create);
  const after = backend.liveTensors;
  if (after === before) return report;
  throw new ConformanceFailure(`${after - before} handles are alive after ${item.id}; liveTensors was ${before}`);
}

/** The reason to skip each case that is skipped. Throws `argument` for an entry that names no case, or without a reason. */
export function skipReasons(cases: readonly ConformanceCase[], skip: readonly Skip[]): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const { reason, cases: entries } of skip) {
    if (reason.trim() === '') throw wrong('a skip has no reason', entries.join(', '));
    for (const entry of entries) {
      const found = cases.filter(({ id }) => (entry.endsWith('*') ? id.startsWith(entry.slice(0, -1)) : id === entry));
      if (found.length === 0) throw wrong(`skip names "${entry}", but there is no such case`, reason);
      for (const { id } of found) reasons.set(id, reason);
    }
  }
  return reasons;
}

async function resultOf(item: ConformanceCase, backend: Backend, create?: CreateBackend): Promise<ConformanceResult> {
  try {
    return { id: item.id, ok: true, ...(await runCase(item, backend, create)) };
  } catch (error) {
    const worst = error instanceof ConformanceFailure ? error.details.worst : undefined;
    const reason = error instanceof Error ? error.message : String(error);
    return { id: item.id, ok: false, reason, ...(worst === undefined ? {} : { worst }) };
  }
}

function wrong(what: string, where: string): RheoError {
  return new RheoError('argument', { from: '@rheo/conformance', what, where });
}

async function refuse(): Promise<Backend> {
  throw wrong('this case makes backends of its own', 'create');
}
