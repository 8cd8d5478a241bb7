/**
 * What `rheo train FILE` writes into a model file besides the model, under `extra`: the preparation, with which new tables
 * are read exactly as those of the training (`preparation`, as `readPreparation` takes it: columns, classes, time,
 * normalisation, task), and the figures that were printed.
 */

import type { Preparation } from '@rheo/data';
import { readPreparation } from '@rheo/data';
import type { Json } from '@rheo/layers';

/** Figures by name, such as `mae` or `accuracy`. */
export type Figures = Readonly<Record<string, number>>;

/** The record, as plain data. */
export interface TableRecord {
  readonly preparation: Preparation;
  /** File names of the training data, without folders. */
  readonly dataNames: readonly string[];
  /** Means of the targets in the training part, or the index of its commonest class: what the baseline predicts. */
  readonly usual: readonly number[];
  /** The part that the figures are of, in the order test, validation, training; and the figures. */
  readonly measured: { readonly part: string; readonly figures: Figures } | undefined;
}

/** As JSON of a checkpoint. */
export function toTableExtra({ preparation, dataNames, usual, measured }: TableRecord): Record<string, Json> {
  return {
    task: preparation.task,
    data_names: dataNames,
    usual,
    // Plain JSON by its definition.
    preparation: preparation as unknown as Json,
    ...(measured === undefined ? {} : { measured: { part: measured.part, figures: measured.figures } }),
  };
}

/**
 * The record of a checkpoint, or undefined for a model that was not trained on a table. Throws `DataError` with `format`
 * where its preparation is damaged.
 */
export function fromTableExtra(extra: { readonly [key: string]: Json }, file: string): TableRecord | undefined {
  const { preparation, data_names: names, usual, measured } = extra;
  if (preparation === undefined) return undefined;
  return {
    preparation: readPreparation(preparation, file),
    dataNames: Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [],
    usual: Array.isArray(usual) ? usual.filter((value) => typeof value === 'number') : [],
    measured: readMeasured(measured),
  };
}

function readMeasured(value: Json | undefined): TableRecord['measured'] {
  const { part, figures } = Object(value) as Readonly<Record<string, unknown>>;
  if (typeof part !== 'string' || typeof figures !== 'object' || figures === null) return undefined;
  const numbers = Object.entries(figures).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return { part, figures: Object.fromEntries(numbers) };
}
