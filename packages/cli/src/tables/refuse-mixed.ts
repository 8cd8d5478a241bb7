/**
 * Columns of texts that are meant to be numbers or times: nearly all of their cells are, and a few are not. Taken as
 * texts, such a column would quietly become a set of labels, so the first odd cell is named instead.
 */

import type { CategoryColumn, Table } from '@rheo/data';
import { DataError } from '@rheo/data';

/** More than this share of a column that looks alike is what the column is meant to be. */
const nearlyAll = 0.9;

const forms: readonly (readonly [string, RegExp])[] = [
  ['number', /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i],
  ['time', /^\s*\d{4}-\d\d-\d\d/],
];

/** Throws `value` with line and column; columns of `texts` may hold what they like. */
export function refuseMixed(table: Table, texts: readonly string[]): void {
  for (const column of table.columns) {
    if (column.kind !== 'category' || texts.includes(column.name)) continue;
    for (const [kind, form] of forms) refuseOdd(table, column, kind, form);
  }
}

function refuseOdd(table: Table, { name, codes, labels, missing }: CategoryColumn, kind: string, form: RegExp): void {
  const fits = labels.map((label) => form.test(label));
  const known = table.rows - missing;
  const like = codes.reduce((sum, code) => sum + Number(fits[code] === true), 0);
  if (like === known || like < nearlyAll * known) return;
  const row = codes.findIndex((code) => fits[code] === false);
  const line = table.lines?.[row];
  const what = `"${labels[codes[row] ?? -1]}" is no ${kind}, and ${like} of ${known} cells of the column are`;
  throw new DataError('value', what, {
    ...(table.file === undefined ? {} : { file: table.file }),
    row,
    ...(line === undefined ? {} : { line }),
    column: name,
    remedy: `Mend the cell (an empty one is a missing value), or leave the column out: --ignore ${name}.`,
  });
}
