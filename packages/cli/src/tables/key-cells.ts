/**
 * Cells that say which row a prediction is of, as they stand in the user's file: its series and its time.
 */

import type { Preparation, Table } from '@rheo/data';
import { cellText } from '@rheo/data';
import { fileColumn, readTables, tableFormat } from './read-table.ts';

/** Key columns of a table. */
export interface KeyCells {
  readonly names: readonly string[];
  /** Texts of a row of the table, one for each name. */
  readonly of: (row: number) => readonly string[];
}

/**
 * The columns of series and time; the number of the row, from 1, where there is no time. Texts are those of the file where
 * it is one of text, else times are in ISO 8601.
 */
export async function keyCells(
  folder: string,
  path: string,
  table: Table,
  { group, time }: Preparation,
): Promise<KeyCells> {
  const names = [...group, ...(time === null ? [] : [time.column])];
  const written = names.filter((name) => name !== fileColumn);
  // Read once more as texts: 007 stays 007, and a time keeps its form.
  const asTexts =
    tableFormat(path) === 'csv' && written.length > 0
      ? await readTables(folder, [path], {
          columns: written,
          types: Object.fromEntries(written.map((name) => [name, 'category'] as const)),
        })
      : table;
  const columns = names.flatMap((name) => {
    const from = name === fileColumn ? table : asTexts;
    return from.columns.find((column) => column.name === name) ?? [];
  });
  const cells = (row: number): string[] => columns.map((column) => cellText(column, row) ?? '');
  if (time !== null) return { names, of: cells };
  return { names: [...names, 'row'], of: (row) => [...cells(row), String(row + 1)] };
}
