/**
 * Every setting of `rheo train FILE`, once: its type, what the command line and a configuration file take, and its
 * description. The command line, the check of files, the JSON schema and the README's test are made from this table.
 *
 * A setting that is absent is chosen from the data, and the choice is told.
 */

import type { CalendarCycle, Task, TimeUnit } from '@rheo/data';
import type { CellName } from '../tables/cells.ts';
import { cellNames } from '../tables/cells.ts';
import type { MetricName } from '../tables/epoch-metrics.ts';
import { metricNames } from '../tables/epoch-metrics.ts';
import type { ClassWeights } from './class-weights.ts';
import { classWeights } from './class-weights.ts';
import type { Takes } from './takes.ts';
import {
  choice,
  duration,
  either,
  memorySize,
  names,
  orNone,
  positive,
  share,
  text,
  wholeNumber,
  words,
} from './takes.ts';

/** A share of the rows, or files of its own. */
export type PartSource = number | readonly string[];

/** What `train` is told. Files are as the user named them, relative to the folder of the command. */
export interface TrainSettings {
  readonly data: readonly string[];
  readonly validation?: PartSource;
  readonly test?: PartSource;
  readonly split?: 'series' | 'time' | 'row';
  readonly task?: Task;
  readonly target?: readonly string[];
  readonly features?: readonly string[];
  readonly ignore?: readonly string[];
  /** Null: rows are one step apart. */
  readonly time?: string | null;
  readonly timeUnit?: TimeUnit;
  readonly timeScale?: number;
  readonly calendar?: readonly CalendarCycle[];
  /** Null: the rows are one series. */
  readonly group?: readonly string[] | null;
  readonly order?: 'error' | 'sort';
  readonly repeats?: 'error' | 'first' | 'last' | 'mean';
  readonly missing?: 'forward-fill' | 'mean';
  readonly normalise?: 'standard' | 'min-max' | 'none';
  readonly horizon?: number | string;
  readonly window?: number;
  readonly stride?: number;
  readonly at?: 'step' | 'end';
  readonly cell?: CellName;
  readonly units?: number;
  readonly backbone?: number;
  readonly backboneLayers?: number;
  readonly dropout?: number;
  readonly wiring?: 'full' | 'ncp';
  readonly epochs?: number;
  readonly batch?: number;
  readonly rate?: number;
  readonly schedule?: 'constant' | 'exponential' | 'cosine' | 'one-cycle' | 'on-plateau';
  readonly scheduleEpochs?: number;
  readonly optimizer?: 'adam' | 'adamw' | 'rmsprop' | 'sgd';
  readonly loss?: 'mse' | 'mae' | 'huber' | 'cross-entropy';
  readonly classWeights?: ClassWeights | null;
  readonly metrics?: readonly MetricName[];
  readonly clip?: number | null;
  readonly accumulate?: number;
  readonly truncate?: number | null;
  readonly patience?: number | null;
  readonly keep?: 'best' | 'last';
  readonly seed?: number;
  readonly memoryLimit?: string;
  readonly backend?: string;
}

/** Where help lists a setting. */
export type SettingGroup = 'What to learn' | 'Time and order' | 'Parts' | 'Model' | 'Training';

/** One setting. */
export interface Setting<T> {
  readonly group: SettingGroup;
  /** What stands for the value in help. */
  readonly shown: string;
  /** Description, with the default in brackets. */
  readonly about: string;
  readonly takes: Takes<T>;
}

/** The settings by their keys in a configuration file; on the command line `timeScale` is `--time-scale`. */
export type SettingTable = {
  readonly [Key in Exclude<keyof TrainSettings, 'data'>]-?: Setting<NonNullable<TrainSettings[Key]> | null>;
};

const files = names('files');
const learn = { group: 'What to learn' } as const;
const time = { group: 'Time and order' } as const;
const parts = { group: 'Parts' } as const;
const model = { group: 'Model' } as const;
const training = { group: 'Training' } as const;

/** See the file. */
export const settingTable: SettingTable = {
  task: {
    ...learn,
    shown: 'name',
    about: 'what is predicted (guessed from the target)',
    takes: choice('regression', 'classification', 'next-step', 'forecast'),
  },
  target: { ...learn, shown: 'columns', about: 'what to predict (the last column)', takes: names('columns') },
  features: { ...learn, shown: 'columns', about: 'what to predict from (all others)', takes: names('columns') },
  ignore: { ...learn, shown: 'columns', about: 'columns to leave out', takes: names('columns') },
  horizon: {
    ...learn,
    shown: 'rows|time',
    about: 'forecast: how far ahead, such as 3 or 30min (1)',
    takes: either(wholeNumber(1), duration),
  },
  at: {
    ...learn,
    shown: 'where',
    about: 'a target at every step, or one at the end of each sequence (step)',
    takes: choice('step', 'end'),
  },
  time: {
    ...time,
    shown: 'column',
    about: 'when each row was (the only column of times); none: equally spaced',
    takes: orNone(text('a column')),
  },
  group: {
    ...time,
    shown: 'columns',
    about: 'which series each row is of; none: one series (each file is one)',
    takes: orNone(names('columns')),
  },
  timeUnit: {
    ...time,
    shown: 'unit',
    about: 'what numbers in the time column count (told by their size)',
    takes: choice('date', 'epoch-seconds', 'epoch-milliseconds', 'epoch-microseconds', 'epoch-nanoseconds', 'number'),
  },
  timeScale: {
    ...time,
    shown: 'number',
    about: 'what elapsed times are divided by (their median)',
    takes: positive,
  },
  calendar: {
    ...time,
    shown: 'cycles',
    about: 'place in the day, week, year as features; none (those that the data spans)',
    takes: words('day', 'week', 'year'),
  },
  order: {
    ...time,
    shown: 'rule',
    about: 'rows that run backwards in time: error or sort (error)',
    takes: choice('error', 'sort'),
  },
  repeats: {
    ...time,
    shown: 'rule',
    about: 'rows of the same time: error, first, last or mean (error)',
    takes: choice('error', 'first', 'last', 'mean'),
  },
  missing: {
    ...time,
    shown: 'rule',
    about: 'empty cells: forward-fill, with marks, or mean (forward-fill)',
    takes: choice('forward-fill', 'mean'),
  },
  normalise: {
    ...time,
    shown: 'rule',
    about: 'numbers: standard, min-max or none (standard)',
    takes: choice('standard', 'min-max', 'none'),
  },
  window: { ...time, shown: 'rows', about: 'steps of a sequence (whole series, or 64)', takes: wholeNumber(1) },
  stride: { ...time, shown: 'rows', about: 'rows between starts of sequences (window / 4)', takes: wholeNumber(1) },
  split: {
    ...parts,
    shown: 'rule',
    about: 'how parts are set apart: series, time or row (series if there are ten, else time)',
    takes: choice('series', 'time', 'row'),
  },
  validation: {
    ...parts,
    shown: 'share|files',
    about: 'rows that choose the best epoch: a share, or files (0.15)',
    takes: either(share, files),
  },
  test: {
    ...parts,
    shown: 'share|files',
    about: 'rows to measure the result on: a share, or files (0.15)',
    takes: either(share, files),
  },
  cell: { ...model, shown: 'name', about: `${cellNames.join(', ')} (cfc)`, takes: choice(...cellNames) },
  units: { ...model, shown: 'n', about: 'neurons (64)', takes: wholeNumber(1) },
  wiring: {
    ...model,
    shown: 'name',
    about: 'cfc, ltc: full, or ncp, a neural circuit policy (full)',
    takes: choice('full', 'ncp'),
  },
  backbone: { ...model, shown: 'n', about: 'cfc: units of each layer of its backbone (128)', takes: wholeNumber(1) },
  backboneLayers: { ...model, shown: 'n', about: 'cfc: layers of its backbone (1)', takes: wholeNumber(0) },
  dropout: { ...model, shown: 'share', about: 'dropout in a cfc’s backbone, else after the cell (0)', takes: share },
  epochs: {
    ...training,
    shown: 'n',
    about: 'passes over the data (as many as make about 3000 steps)',
    takes: wholeNumber(1),
  },
  batch: { ...training, shown: 'n', about: 'sequences per step (up to 32)', takes: wholeNumber(1) },
  accumulate: { ...training, shown: 'n', about: 'batches per step (1)', takes: wholeNumber(1) },
  truncate: {
    ...training,
    shown: 'rows',
    about: 'rows through which errors go back, an update after each so many; none (none)',
    takes: orNone(wholeNumber(1)),
  },
  optimizer: {
    ...training,
    shown: 'name',
    about: 'adam, adamw, rmsprop, sgd (adam)',
    takes: choice('adam', 'adamw', 'rmsprop', 'sgd'),
  },
  rate: { ...training, shown: 'number', about: 'learning rate (0.005; sgd 0.05)', takes: positive },
  schedule: {
    ...training,
    shown: 'name',
    about: 'of the rate: constant, exponential, cosine, one-cycle, on-plateau (cosine)',
    takes: choice('constant', 'exponential', 'cosine', 'one-cycle', 'on-plateau'),
  },
  scheduleEpochs: { ...training, shown: 'n', about: 'epochs of the schedule (all)', takes: wholeNumber(1) },
  loss: {
    ...training,
    shown: 'name',
    about: 'mse, mae, huber; classes: cross-entropy (mse or cross-entropy)',
    takes: choice('mse', 'mae', 'huber', 'cross-entropy'),
  },
  classWeights: {
    ...training,
    shown: 'rule',
    about: 'classes in the loss: balanced, or a=1,b=3; none (none)',
    takes: orNone(classWeights),
  },
  metrics: {
    ...training,
    shown: 'names',
    about: `of the validation part after each epoch: ${metricNames.join(', ')}; none (accuracy or mae)`,
    takes: words(...metricNames),
  },
  clip: { ...training, shown: 'norm', about: 'largest norm of all gradients; none (1)', takes: orNone(positive) },
  patience: {
    ...training,
    shown: 'epochs',
    about: 'stop after so many epochs without a better one; none (10)',
    takes: orNone(wholeNumber(1)),
  },
  keep: {
    ...training,
    shown: 'which',
    about: 'epoch whose model is kept: best or last (best)',
    takes: choice('best', 'last'),
  },
  seed: { ...training, shown: 'n', about: 'start of all randomness (1)', takes: wholeNumber(0) },
  memoryLimit: {
    ...training,
    shown: 'size',
    about: 'memory for data, such as 200MB; larger files are trained from the disk (half of what is free)',
    takes: memorySize,
  },
  backend: {
    ...training,
    shown: 'name',
    about: 'what computes: wasm, reference, onnx:cpu, …; rheo doctor lists them (wasm)',
    takes: text('the name of a backend'),
  },
};

/** Keys of the settings, in the order of the table. */
export const settingKeys = Object.keys(settingTable) as (keyof SettingTable)[];

/** A key as the command line spells it: `timeScale` is `time-scale`. */
export function optionOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
