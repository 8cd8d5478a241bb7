/**
 * Everything a program needs in one import: tensor functions, layers, training, data and the WebAssembly backend; and the
 * way from a table to predictions in one call, `trainTable`, which puts them together.
 *
 * A bundler that finds this too much takes the packages one by one; their names are the same.
 */

export * from '@rheo/backend-wasm';
export * from '@rheo/core';
export * from '@rheo/data';
export * from '@rheo/layers';
export * from '@rheo/train';
export type { RowPrediction } from './table/row-predictions.ts';
export type { TableModel } from './table/table-model.ts';
export { loadTableModel, tableModel } from './table/table-model.ts';
export type { TableSource } from './table/table-source.ts';
export { TableTrainingStopped, trainTable } from './table/train-table.ts';
export type { TableModelForm, TrainTableOptions } from './table/train-table-options.ts';
