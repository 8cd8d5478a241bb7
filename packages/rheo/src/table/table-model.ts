/**
 * A model of a table: it is given tables and gives predictions row by row in their own units. Its file is a checkpoint that
 * holds the preparation beside the model, as `rheo train FILE` writes it.
 */

import type { Backend } from '@rheo/core';
import { RheoError } from '@rheo/core';
import type { Preparation, Table } from '@rheo/data';
import { prepare, readPreparation } from '@rheo/data';
import type { Json } from '@rheo/layers';
import type { CheckpointOptions, Evaluation, Fitted } from '@rheo/train';
import { fromCheckpoint, load, saveFile, toCheckpoint } from '@rheo/train';
import type { RowPrediction } from './row-predictions.ts';
import { rowPredictions } from './row-predictions.ts';
import type { TableSource } from './table-source.ts';
import { tableOf } from './table-source.ts';

/** A fitted model with the preparation of its tables. */
export interface TableModel {
  readonly fitted: Fitted;
  readonly preparation: Preparation;
  /** What was decided and found while its table was prepared, one sentence each; empty for a model from a file. */
  readonly notes: readonly string[];
  /**
   * Predictions for a table with the columns of the training, in the order of its series and their rows, each series gone
   * through from its first row to its last; targets need not be there. Of text, columns are read as the kinds that they had. Throws `DataError` for a table that does not fit.
   */
  predict(source: TableSource): Promise<RowPrediction[]>;
  /** Loss on a table that has the targets, in normalised units, on sequences as in training: each begins anew. Throws `DataError` for a table that does not fit. */
  evaluate(source: TableSource): Promise<Evaluation>;
  /** A self-contained file, safetensors. */
  toBytes(): Uint8Array;
  /** Writes the file in Node, whole or not at all. Throws `capability` elsewhere, `file` when it cannot be written. */
  save(path: string): Promise<void>;
  /** Frees what predictions keep on the backend. */
  dispose(): void;
}

/** Puts a model and its preparation together. */
export function tableModel(fitted: Fitted, preparation: Preparation, notes: readonly string[] = []): TableModel {
  const table = (source: TableSource): Promise<Table> => tableOf(source, preparation);
  // Plain JSON by its definition.
  const toBytes = (): Uint8Array => toCheckpoint(fitted, { preparation: preparation as unknown as Json });
  return {
    fitted,
    preparation,
    notes,
    predict: async (source) => {
      const { data } = prepare(await table(source), preparation);
      return rowPredictions(data, preparation, (await fitted.predictSeries(data)).data);
    },
    evaluate: async (source) =>
      fitted.evaluate(prepare(await table(source), preparation, { purpose: 'evaluate' }).data),
    toBytes,
    save: (path) => saveFile(path, toBytes()),
    dispose: () => fitted.dispose(),
  };
}

/**
 * A model of a table from its file, also one that `rheo train FILE` wrote. Throws `format` for anything else, and for a model
 * that was not trained on a table.
 */
export function loadTableModel(
  bytes: Uint8Array,
  options: CheckpointOptions & { readonly backend: Backend },
): TableModel {
  const { preparation } = fromCheckpoint(bytes, options).extra;
  const { file = 'checkpoint' } = options;
  if (preparation === undefined) {
    throw new RheoError('format', {
      from: 'rheo',
      what: 'the model was not trained on a table',
      where: file,
      remedy: 'Pass a file of trainTable or rheo train FILE; others are read by load',
    });
  }
  return tableModel(load(bytes, options), readPreparation(preparation, file));
}
