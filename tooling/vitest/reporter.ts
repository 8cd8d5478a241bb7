/**
 * Prints, after vitest's own report, one line per project, the reason of every skip, and the closing line
 * `tests: N passed, N failed, N skipped`. Files that fail to load and errors outside of tests count as failures.
 * With RHEO_TEST_SUMMARY=FILE the three totals are also written to FILE as JSON.
 */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Vitest reporter; name it in `reporters` after the default one. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const projects = new Map<string, Counts>();
    const skips = new Map<string, number>();
    const total: Counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const name = module.project.name;
      const counts = projects.get(name) ?? { passed: 0, failed: 0, skipped: 0 };
      projects.set(name, counts);
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests += 1;
        const result = test.result();
        if (result.state === 'passed') counts.passed += 1;
        else if (result.state === 'failed') counts.failed += 1;
        else {
          counts.skipped += 1;
          const note = (result.state === 'skipped' ? result.note : undefined) ?? `no reason given: ${test.fullName}`;
          skips.set(note, (skips.get(note) ?? 0) + 1);
        }
      }
      if (module.errors().length > 0 || (tests === 0 && !module.ok())) counts.failed += 1;
    }
    const lines: string[] = [];
    for (const [name, counts] of projects) {
      lines.push(`${name}: ${describe(counts)}`);
      total.passed += counts.passed;
      total.failed += counts.failed;
      total.skipped += counts.skipped;
    }
    for (const [note, count] of skips) lines.push(`skipped ${count}: ${note}`);
    lines.push(`tests: ${describe(total)}`);
    console.log(lines.join('\n'));
    const file = process.env['RHEO_TEST_SUMMARY'];
    if (file !== undefined && file !== '') writeFileSync(file, `${JSON.stringify(total)}\n`);
  }
}

function describe(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}
