/**
 * New tables for a model that was trained on one: read with the kinds of its columns, checked against them, and prepared
 * as the training data was.
 */

import type { ColumnKind, Preparation, Table, TableSequences } from '@rheo/data';
import { columnKinds, DataError, prepare } from '@rheo/data';
import { nearestName } from '../backends/nearest-name.ts';
import { fileColumn, readTables } from './read-table.ts';
import { firstTable, tablesOfFiles } from './stream-table.ts';
import { inOptions } from './table-failure.ts';

/** A table and its sequences. */
export interface ModelTable {
  readonly table: Table;
  readonly data: TableSequences;
  readonly notes: readonly string[];
}

/**
 * Reads tables as one. To `evaluate`, rows without a target are left out; to `predict`, all rows are there. Throws `DataError`
 * naming the columns that are missing, and those that the model does not know.
 */
export async function readForModel(
  folder: string,
  paths: readonly string[],
  preparation: Preparation,
  purpose: 'evaluate' | 'predict',
): Promise<ModelTable> {
  const withFile = preparation.group.includes(fileColumn);
  const table = await readTables(folder, paths, { types: kindsFor(preparation), withFile });
  refuseOtherColumns(table, preparation, purpose);
  const { data, notes } = inOptions(() => prepare(table, preparation, { purpose }));
  return { table, data, notes };
}

/**
 * The same tables piece by piece, with the columns that evaluation needs, for those that do not fit into memory. Throws as
 * `readForModel`.
 */
export async function* piecesForModel(
  folder: string,
  paths: readonly string[],
  preparation: Preparation,
): AsyncGenerator<Table, void, undefined> {
  const withFile = preparation.group.includes(fileColumn);
  const first = await firstTable(folder, paths, { withFile });
  refuseOtherColumns(first, preparation, 'evaluate');
  const columns = columnsNeeded(preparation, 'evaluate');
  // Of the columns that it has, those that it would read otherwise; truth values are numbers, too.
  const wanted = kindsFor(preparation);
  const other = first.columns.flatMap(({ name, kind }) => {
    const as = wanted[name];
    return as === undefined || as === kind || (as === 'number' && kind === 'boolean') ? [] : [[name, as] as const];
  });
  yield* tablesOfFiles(folder, paths, { columns, types: Object.fromEntries(other), withFile });
}

/** A word among numbers is then an error with its line. Labels of classes are read as texts, unless they are numbers: yes and no are no truth values then. */
function kindsFor(preparation: Preparation): Record<string, ColumnKind> {
  const { classes, targets, features, time } = preparation;
  const numbers = features.flatMap(({ kind, column }) => (kind === 'number' ? [[column, 'number'] as const] : []));
  const clock = time === null || time.unit === 'date' ? [] : [[time.column, 'number'] as const];
  const texts = classes?.some((label) => !Number.isFinite(Number(label))) === true;
  const labels = texts ? targets.map(({ column }) => [column, 'category'] as const) : [];
  return { ...columnKinds(preparation), ...Object.fromEntries([...clock, ...numbers, ...labels]) };
}

function columnsNeeded({ time, group, features, targets }: Preparation, purpose: 'evaluate' | 'predict'): string[] {
  const inputs = [...(time === null ? [] : [time.column]), ...group, ...features.map(({ column }) => column)];
  const answers = targets.map(({ column }) => column);
  return [...new Set(purpose === 'evaluate' ? [...inputs, ...answers] : inputs)];
}

function refuseOtherColumns(table: Table, preparation: Preparation, purpose: 'evaluate' | 'predict'): void {
  const answers = preparation.targets.map(({ column }) => column);
  const needed = columnsNeeded(preparation, purpose);
  const own = table.columns.map(({ name }) => name);
  const missing = needed.filter((name) => !own.includes(name));
  if (missing.length === 0) return;
  const extra = own.filter((name) => ![...needed, ...answers].includes(name) && !/^(row_name|column_\d+)$/.test(name));
  const besides = extra.length === 0 ? '' : `, and has ${extra.join(', ')}, which it does not know`;
  const guesses = missing.flatMap((name) => {
    const near = nearestName(name, extra);
    return near === undefined ? [] : [`${near} may be ${name}`];
  });
  const hint = guesses.length === 0 ? '' : ` ${guesses.join(', ')}.`;
  throw new DataError('argument', `the table lacks ${missing.join(', ')}, which the model was trained with${besides}`, {
    ...(table.file === undefined ? {} : { file: table.file }),
    remedy: `Pass a table with the columns ${needed.join(', ')}.${hint}`,
  });
}
