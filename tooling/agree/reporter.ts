/**
 * Prints how far the losses of every backend are from the reference, as a table: one line for each backend, Node and Chromium
 * apart, and the worst relative difference of each training, alone and taken over in the middle from another backend; – where it
 * did not run. What failed otherwise is told before the table.
 */
import type { Reporter, TestModule } from 'vitest/node';
import type { Agreed } from './agreement.ts';
import { tolerance } from './agreement.ts';

/** Vitest reporter of `pnpm agree`. */
export default class AgreementReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const lines: Line[] = [];
    for (const module of modules) {
      const where = module.project.isBrowserEnabled() ? 'Chromium' : 'Node';
      for (const error of module.errors()) console.error(`${where}: ${error.message}`);
      for (const test of module.children.allTests()) {
        const agreed = (test.meta() as { agree?: Agreed }).agree;
        const result = test.result();
        if (agreed !== undefined) lines.push({ where, ...agreed });
        else if (result.state === 'failed') console.error(`${where}: ${test.fullName}: ${result.errors[0]?.message}`);
        else if (result.state === 'skipped') console.error(`${where}: skipped: ${result.note ?? test.fullName}`);
      }
    }
    for (const error of errors) console.error(error);
    console.log(agreementTable(lines));
  }
}

/** One training on one backend. */
export interface Line extends Agreed {
  readonly where: string;
}

/** The table, and a closing line. */
export function agreementTable(lines: readonly Line[]): string {
  const names = [...new Set(lines.map(({ training }) => training))];
  const rows = new Map<string, Map<string, number>>();
  for (const { where, backend, training, from, worst } of lines) {
    const key = `${where.padEnd(9)} ${from === undefined ? backend : `${from} → ${backend}`}`;
    const row = rows.get(key) ?? new Map<string, number>();
    rows.set(key, row.set(training, worst));
  }
  const width = Math.max(0, ...[...rows.keys()].map((key) => key.length)) + 2;
  const cell = (worst: number | undefined): string =>
    worst === undefined ? '–' : `${worst.toExponential(1)}${worst < tolerance ? '' : ' !'}`;
  const line = (head: string, cells: readonly string[]): string =>
    [head.padEnd(width), ...cells.map((text) => text.padStart(14))].join('');
  const beyond = lines.filter(({ worst }) => !(worst < tolerance)).length;
  return [
    line('losses of 50 steps: worst relative difference', []),
    line('', names),
    ...[...rows].map(([key, row]) =>
      line(
        key,
        names.map((name) => cell(row.get(name))),
      ),
    ),
    `${lines.length} trainings, ${beyond} beyond ${tolerance}`,
  ].join('\n');
}
