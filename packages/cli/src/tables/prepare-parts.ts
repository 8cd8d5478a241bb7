/**
 * From the user's files to the parts of a training: reads, guesses roles, fits the preparation on the training part, and
 * reads parts that have files of their own by it. Every decision is a note.
 */

import { basename } from 'node:path';
import type { Preparation, PrepareOptions, SequenceSource, Table, TableSequences, TimeUnit } from '@rheo/data';
import { fitPreparation } from '@rheo/data';
import { misuse } from '../failure.ts';
import { lengthOf } from '../settings/takes.ts';
import type { PartSource, TrainSettings } from '../settings/train-settings.ts';
import type { Roles } from './guess-roles.ts';
import { guessRoles } from './guess-roles.ts';
import { readForModel } from './read-for-model.ts';
import { fileColumn, readTables } from './read-table.ts';
import { refuseMixed } from './refuse-mixed.ts';
import { inOptions } from './table-failure.ts';

/** Rows of one part with the table that they are from. */
export interface Part {
  readonly name: 'training' | 'validation' | 'test';
  readonly table: Table;
  readonly data: TableSequences;
  /** What training and validation read: the data, or all of a part of which table and data are a sample. */
  readonly source: SequenceSource;
}

/** The parts of a training. */
export interface PreparedParts {
  readonly roles: Roles;
  readonly preparation: Preparation;
  readonly train: Part;
  readonly validation: Part | undefined;
  readonly test: Part | undefined;
  readonly notes: readonly string[];
  /** Frees what lies on the disk. */
  dispose(): Promise<void>;
}

/** Reads and prepares tables in memory. Throws `DataError` and `RheoError` naming file, line, column or option. */
export async function prepareParts(folder: string, settings: TrainSettings): Promise<PreparedParts> {
  const { data, validation, test } = settings;
  let table = await readTables(folder, data, { columns: wantedColumns(settings) });
  refuseMixed(table, [...(settings.ignore ?? []), ...(settings.group ?? []), fileColumn]);
  const { roles, notes: guesses } = guessRoles(table, settings);
  if (roles.task === 'classification' && roles.target.some((name) => kindOf(table, name) === 'boolean')) {
    // Labels come back as the user wrote them: yes and no, not true and false.
    const types = Object.fromEntries(roles.target.map((name) => [name, 'category'] as const));
    table = await readTables(folder, data, { columns: wantedColumns(settings), types });
  }
  refuseOtherClock(settings, roles.time, 'date');
  const left = [...(settings.ignore ?? []), ...(roles.group.includes(fileColumn) ? [] : [fileColumn])];
  const used = { ...table, columns: table.columns.filter(({ name }) => !left.includes(name)) };
  const fitted = inOptions(() => fitPreparation(used, prepareOptions(settings, roles)));
  const { preparation } = fitted;
  refuseOtherClock(settings, roles.time, preparation.time?.unit);
  const found: string[] = [];
  const own = (name: Part['name'], source: PartSource | undefined): Promise<Part | undefined> =>
    ownPart(folder, name, source, { table, preparation, found });
  const split = (name: 'validation' | 'test'): Part | undefined =>
    fitted[name] === undefined ? undefined : { name, table: used, data: fitted[name], source: fitted[name] };
  return {
    roles,
    preparation,
    train: { name: 'training', table: used, data: fitted.train, source: fitted.train },
    validation: (await own('validation', validation)) ?? split('validation'),
    test: (await own('test', test)) ?? split('test'),
    notes: [...guesses, ...fitted.notes, ...found],
    dispose: async () => undefined,
  };
}

/** A part that has files of its own. */
export async function ownPart(
  folder: string,
  name: Part['name'],
  files: PartSource | undefined,
  { table, preparation, found }: { readonly table: Table; readonly preparation: Preparation; readonly found: string[] },
): Promise<Part | undefined> {
  if (typeof files !== 'object') return undefined;
  const { table: other, data, notes } = await readForModel(folder, files, preparation, 'evaluate');
  found.push(`The ${name} part is ${files.map((file) => basename(file)).join(', ')}: ${other.rows} rows.`);
  found.push(...notes.filter((note) => !table.notes.includes(note)));
  return { name, table: other, data, source: data };
}

/** All columns, unless every role is named: then no other column needs to be readable. */
export function wantedColumns({ features, target, time, group }: TrainSettings): readonly string[] | undefined {
  if (features === undefined || target === undefined || time === undefined) return undefined;
  return [...new Set([...(time === null ? [] : [time]), ...(group ?? []), ...features, ...target])];
}

function kindOf(table: Table, name: string): string | undefined {
  return table.columns.find((column) => column.name === name)?.kind;
}

/** The options of fitting that settings and roles mean. */
export function prepareOptions(settings: TrainSettings, roles: Roles): PrepareOptions {
  const { timeUnit, order, repeats, features, at, missing, normalise, timeScale, calendar } = settings;
  const { window, stride, horizon, split, validation, test } = settings;
  if (stride !== undefined && window === undefined) {
    throw misuse('a stride needs the length of the sequences', '--stride', 'Say it as well: --window ROWS');
  }
  if (horizon !== undefined && roles.task !== 'forecast') {
    throw misuse(`the task ${roles.task} has no horizon`, '--horizon', 'Use --task forecast, or leave it out');
  }
  // The best epoch is always chosen by rows that training does not see; whoever names files for that may not want a test.
  const shares = {
    validation: shareOf(validation, 0.15),
    test: shareOf(test, typeof validation === 'object' ? 0 : 0.15),
  };
  const by = split === 'row' ? 'block' : split;
  return {
    task: roles.task,
    ...(roles.time === null ? {} : { time: { column: roles.time, ...present({ unit: timeUnit, order, repeats }) } }),
    ...(roles.group.length === 0 ? {} : { group: roles.group }),
    ...(roles.target.length === 0 ? {} : { target: roles.target }),
    ...(horizon === undefined ? {} : { horizon: horizonOf(horizon) }),
    ...(window === undefined ? {} : { window: { steps: window, ...present({ stride }) } }),
    ...present({ features, at, missing, normalise, timeScale, calendar }),
    split: { ...shares, ...present({ by }) },
  };
}

/** Share of the data that makes a part: as given, none where files are. */
function shareOf(source: PartSource | undefined, usual: number): number {
  if (source === undefined) return usual;
  return typeof source === 'number' ? source : 0;
}

function horizonOf(horizon: number | string): NonNullable<PrepareOptions['horizon']> {
  return typeof horizon === 'number' ? { steps: horizon } : { time: lengthOf(horizon).length };
}

/** Hours mean nothing where times are plain numbers or absent. */
export function refuseOtherClock({ horizon }: TrainSettings, time: string | null, unit: TimeUnit | undefined): void {
  if (typeof horizon !== 'string' || lengthOf(horizon).in === 'units') return;
  if (time !== null && unit !== 'number') return;
  const what = time === null ? 'there is no time column' : `the times of ${time} are plain numbers`;
  throw misuse(`${what}, so ${horizon} is not known`, '--horizon', 'Use rows (3) or units of the column (2.5u)');
}

type Present<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** An object without the members that are undefined. */
function present<T extends object>(members: T): Partial<Present<T>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<Present<T>>;
}
