/** Carries out `--table`: measures, prints, and with `--write` keeps the page in `docs`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Effort } from '../interleave.ts';
import { page } from './markdown.ts';
import { odeTable } from './ode-table.ts';
import { passesTable } from './passes-table.ts';
import { sparseTable } from './sparse-table.ts';
import type { Table } from './table.ts';

export const tables: readonly Table[] = [odeTable, sparseTable, passesTable];

/** How to print, and whether to keep the page. */
export interface TableOptions {
  readonly json: boolean;
  readonly write: boolean;
}

/** Measures a table and prints it; what is being timed is told on standard error. */
export async function runTable(table: Table, effort: Effort, { json, write }: TableOptions): Promise<void> {
  const { lines, parts } = await table.measure(effort, (what) => console.error(`${table.name}: ${what}`));
  const day = new Date().toISOString().slice(0, 10);
  const text = page(table.title, `pnpm bench --table ${table.name} --write`, day, parts, table.where);
  if (json) for (const line of lines) console.log(JSON.stringify(line));
  else console.log(text);
  if (write) writeFileSync(fileURLToPath(new URL(`../../../../docs/${table.name}-table.md`, import.meta.url)), text);
}
