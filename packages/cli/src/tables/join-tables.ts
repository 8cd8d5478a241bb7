/**
 * Tables of the same columns, one below the other, with a column that says which file each row is of.
 */

import { basename } from 'node:path';
import type { Column, Table } from '@rheo/data';
import { DataError } from '@rheo/data';

/**
 * One table of the rows of all, in order. Columns may stand in another order. Throws `format` naming the file and the
 * columns that it lacks or has besides.
 */
export function joinTables(tables: readonly Table[], fileColumn: string): Table {
  const [first] = tables;
  const names = first?.columns.map(({ name }) => name) ?? [];
  for (const table of tables) refuseOtherColumns(table, names, first?.file ?? '');
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const codes = Int32Array.from(tables.flatMap(({ rows: count }, t) => new Array<number>(count).fill(t)));
  const labels = distinct(tables.map(({ file = '' }) => file));
  const lines = tables.every((table) => table.lines !== undefined)
    ? Int32Array.from(tables.flatMap((table) => Array.from(table.lines ?? [])))
    : undefined;
  return {
    rows,
    columns: [
      ...names.map((name) =>
        joinColumns(tables.flatMap(({ columns }) => columns.find((one) => one.name === name) ?? [])),
      ),
      { name: fileColumn, kind: 'category', codes, labels, missing: 0 },
    ],
    file: labels.join(', '),
    ...(lines === undefined ? {} : { lines }),
    notes: [...new Set(tables.flatMap(({ notes }) => notes))],
  };
}

/** The table with the column of files, its columns in the order of the first file's. Throws as `joinTables`. */
export function withFileColumn(table: Table, fileColumn: string, label: string, first: Table): Table {
  const names = first.columns.map(({ name }) => name);
  refuseOtherColumns(table, names, first.file ?? '');
  const columns = names.flatMap((name) => table.columns.find((one) => one.name === name) ?? []);
  const codes = new Int32Array(table.rows);
  return {
    ...table,
    columns: [...columns, { name: fileColumn, kind: 'category', codes, labels: [label], missing: 0 }],
  };
}

/** Names without folders, unless two would be the same. */
export function distinct(files: readonly string[]): string[] {
  const short = files.map((file) => basename(file));
  return new Set(short).size === short.length ? short : [...files];
}

function refuseOtherColumns({ columns, file = '' }: Table, names: readonly string[], first: string): void {
  const own = columns.map(({ name }) => name);
  const missing = names.filter((name) => !own.includes(name));
  const extra = own.filter((name) => !names.includes(name));
  if (missing.length + extra.length === 0) return;
  const said = [
    ...(missing.length > 0 ? [`lacks ${missing.join(', ')}`] : []),
    ...(extra.length > 0 ? [`has ${extra.join(', ')} besides`] : []),
  ];
  throw new DataError('format', `the file ${said.join(' and ')}`, {
    file,
    remedy: `Give all files the columns of ${first}.`,
  });
}

function joinColumns(parts: readonly Column[]): Column {
  const [first] = parts;
  const name = first?.name ?? '';
  const missing = parts.reduce((sum, part) => sum + part.missing, 0);
  const numeric = parts.flatMap((part) => (part.kind === 'category' ? [] : [part]));
  if (first !== undefined && first.kind !== 'category') {
    const values = new Float64Array(numeric.reduce((sum, part) => sum + part.values.length, 0));
    let at = 0;
    for (const part of numeric) {
      values.set(part.values, at);
      at += part.values.length;
    }
    return { name, kind: first.kind, values, missing };
  }
  const index = new Map<string, number>();
  const codes: number[] = [];
  for (const part of parts) {
    if (part.kind !== 'category') continue;
    const own = part.labels.map((label) => {
      const known = index.get(label) ?? index.size;
      index.set(label, known);
      return known;
    });
    for (const code of part.codes) codes.push(own[code] ?? -1);
  }
  return { name, kind: 'category', codes: Int32Array.from(codes), labels: [...index.keys()], missing };
}
