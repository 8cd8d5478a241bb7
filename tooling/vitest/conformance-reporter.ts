/**
 * Writes what conformance tests measured to the file that RHEO_CONFORMANCE_RESULTS names, as JSON: one record for each case,
 * in Node and in the browser, passed, failed or skipped. Does nothing without the variable.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { ReportedCase } from '@rheo/conformance';
import type { Reporter, TestModule } from 'vitest/node';

/** What became of one case on one engine. */
export interface ConformanceRecord {
  /** Name of the backend. */
  readonly backend: string;
  readonly where: 'Node' | 'Chromium';
  /** The test file, from the root. */
  readonly file: string;
  readonly id: string;
  readonly group: string;
  /** False for a failure alone. */
  readonly ok: boolean;
  readonly skipped: boolean;
  /** Why it was skipped or how it failed. */
  readonly reason?: string;
  /** Largest error in units of its bound. */
  readonly worst?: number;
  /** Largest error in units in the last place of f32. */
  readonly ulps?: number;
}

/** The file: all records, and what failed outside of cases (a file that does not load, an error in a hook). */
export interface ConformanceResults {
  readonly records: readonly ConformanceRecord[];
  readonly problems: readonly string[];
}

/** Vitest reporter. */
export default class ConformanceReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const path = process.env['RHEO_CONFORMANCE_RESULTS'];
    if (path === undefined || path === '') return;
    writeFileSync(path, `${JSON.stringify(conformanceResults(modules, errors))}\n`);
  }
}

/** The records of a run. */
export function conformanceResults(modules: readonly TestModule[], errors: readonly unknown[]): ConformanceResults {
  const records: ConformanceRecord[] = [];
  const problems = errors.map(messageOf);
  for (const module of modules) {
    const file = relative(module.project.vitest.config.root, module.moduleId).replaceAll('\\', '/');
    const where = module.project.isBrowserEnabled() ? 'Chromium' : 'Node';
    for (const error of module.errors()) problems.push(`${file}: ${error.message}`);
    for (const test of module.children.allTests()) {
      const found = (test.meta() as { conformance?: ReportedCase }).conformance;
      const result = test.result();
      const failure = result.state === 'failed' ? (result.errors[0]?.message ?? 'failed') : undefined;
      if (found === undefined) {
        if (failure !== undefined) problems.push(`${file}: ${test.fullName}: ${failure}`);
        continue;
      }
      const { backend, id, group, worst, ulps, skip } = found;
      const reason = failure ?? skip;
      records.push({
        backend,
        where,
        file,
        id,
        group,
        ok: failure === undefined,
        skipped: skip !== undefined,
        ...(reason === undefined ? {} : { reason }),
        ...(worst === undefined ? {} : { worst }),
        ...(ulps === undefined ? {} : { ulps }),
      });
    }
  }
  return { records, problems };
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
