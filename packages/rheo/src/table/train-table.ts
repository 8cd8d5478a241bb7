/**
 * From a table to a model in one call: the table is read, divided and normalised, a model fitted to it, and both given back
 * as one, which predicts new tables in their own units. It does nothing that `fitPreparation` and `train` do not; what
 * neither is told has the default that `rheo train FILE` has.
 */

import { fitPreparation } from '@rheo/data';
import { TrainingStopped, train } from '@rheo/train';
import type { TableModel } from './table-model.ts';
import { tableModel } from './table-model.ts';
import type { TableSource } from './table-source.ts';
import { tableOf } from './table-source.ts';
import type { TrainTableOptions } from './train-table-options.ts';
import { splitOptions, trainingOf } from './train-table-options.ts';

/** A training on a table that ended early; `model` is what was learnt until then, and can be saved and used. */
export class TableTrainingStopped extends TrainingStopped {
  // Private, so that printing the error does not print the model.
  readonly #model: TableModel;

  constructor({ code, details, fitted, state }: TrainingStopped, model: TableModel) {
    super(code, details, fitted, state);
    this.#model = model;
  }

  get model(): TableModel {
    return this.#model;
  }
}

/**
 * Trains a model on a table: `task` and `backend` are needed, `time`, `group` and `target` usually given, and all else that
 * `fitPreparation` and `train` take may be. Throws `DataError` for a table or columns that will not do, `argument` for
 * options, and `TableTrainingStopped` with the model so far when training ends early, as by `signal`; with the same table
 * and options, `resume: error.state` goes on.
 */
export async function trainTable(source: TableSource, options: TrainTableOptions): Promise<TableModel> {
  const given = splitOptions(options);
  const prepared = fitPreparation(await tableOf(source), given.preparation);
  const { preparation, notes } = prepared;
  const { model, options: training } = trainingOf(prepared, given.training, options.model);
  try {
    return tableModel(await train(model, training), preparation, notes);
  } catch (error) {
    if (!(error instanceof TrainingStopped)) throw error;
    throw new TableTrainingStopped(error, tableModel(error.fitted, preparation, notes));
  }
}
