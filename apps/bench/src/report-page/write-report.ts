/** Carries out `--report`: measures, adds to what is kept if asked to, and writes the record and the page. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { refusalLines, table } from '../report.ts';
import { benchPage } from './bench-page.ts';
import { emptyRecord, merge, readRecord, writeRecord } from './record.ts';
import { type Plan, take } from './take.ts';

const place = (name: string): string => fileURLToPath(new URL(`../../../../docs/${name}`, import.meta.url));

/** Where the report goes: figures for programs, and the page. */
export const reportFiles = { record: place('bench.json'), page: place('bench.md') } as const;

/** Writes after every measurement, so that a run that is stopped keeps what it had. Says whether all went well. */
export async function writeReport(
  plan: Plan,
  parts: readonly string[],
  append: boolean,
  files: typeof reportFiles = reportFiles,
): Promise<boolean> {
  const begin = performance.now();
  let record = append ? readRecord(files.record) : emptyRecord;
  let fine = true;
  await take(parts, plan, (taken) => {
    record = merge(record, taken);
    writeRecord(files.record, record);
    writeFileSync(files.page, benchPage(record));
    for (const group of taken.groups) {
      console.log(`${table(group)}\n`);
      for (const line of refusalLines(group)) console.error(line);
      if (group.refusals.some(({ failed }) => failed)) fine = false;
    }
  });
  console.error(`the whole run: ${((performance.now() - begin) / 60_000).toFixed(1)} min; ${files.page}`);
  return fine;
}
