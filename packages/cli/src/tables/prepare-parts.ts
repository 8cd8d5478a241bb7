/**
 * From the user's files to the parts of a training: reads, guesses roles, fits the preparation on the training part, and
 * reads parts that have files of their own by it. Every decision is a note.
 */

import type { Preparation, PrepareOptions, Table, TimeUnit } from '@rheo/data';
import { fitPreparation } from '@rheo/data';
import { misuse } from '../failure.ts';
import { lengthOf } from '../settings/takes.ts';
import type { PartSource, TrainSettings } from '../settings/train-settings.ts';
import type { Roles } from './guess-roles.ts';
import { guessRoles } from './guess-roles.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { Part } from './own-part.ts';
import { ownPart, sampleNotes } from './own-part.ts';
import { fileColumn, readTables } from './read-table.ts';
import { refuseMixed } from './refuse-mixed.ts';
import { inOptions } from './table-failure.ts';

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

/** Where what does not fit into memory goes, and what stops the reading. */
export interface DiskRequest {
  readonly budget: MemoryBudget;
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads and prepares tables in memory, but for parts that have files of their own and do not fit. Throws `DataError` and
 * `RheoError` naming file, line, column or option.
 */
export async function prepareParts(folder: string, settings: TrainSettings, disk: DiskRequest): Promise<PreparedParts> {
  const { data } = settings;
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
  const split = (name: 'validation' | 'test'): Part | undefined =>
    fitted[name] === undefined ? undefined : { name, table: used, data: fitted[name], source: fitted[name] };
  const own = await ownParts(folder, settings, preparation, table.notes, disk);
  const validation = own.validation ?? split('validation');
  const test = own.test ?? split('test');
  return {
    roles,
    preparation,
    train: { name: 'training', table: used, data: fitted.train, source: fitted.train },
    validation,
    test,
    notes: [...guesses, ...fitted.notes, ...own.notes, ...sampleNotes(test, validation)],
    dispose: own.dispose,
  };
}

/** Parts that have files of their own. */
export interface OwnParts {
  readonly validation: Part | undefined;
  readonly test: Part | undefined;
  readonly notes: readonly string[];
  dispose(): Promise<void>;
}

/** Reads them; `told` are notes on the training part. Throws as `ownPart`, and leaves nothing on the disk then. */
export async function ownParts(
  folder: string,
  { validation, test }: Pick<TrainSettings, 'validation' | 'test'>,
  preparation: Preparation,
  told: readonly string[],
  disk: DiskRequest,
): Promise<OwnParts> {
  const [notes, owned]: [string[], (() => Promise<void>)[]] = [[], []];
  const dispose = async (): Promise<void> => {
    for (const free of owned) await free();
  };
  const request = { ...disk, preparation, told, notes, owned };
  try {
    return {
      validation: await ownPart(folder, 'validation', validation, request),
      test: await ownPart(folder, 'test', test, request),
      notes,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
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
