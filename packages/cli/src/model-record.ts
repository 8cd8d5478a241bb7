/**
 * What `rheo train` writes into a model file besides the model: the task, the data it was trained on, and the figures
 * that were printed, so that `evaluate` can say whether it finds them again. A model file without it works too.
 */

import type { Json } from '@rheo/layers';

/** The record, as plain data. */
export interface ModelRecord {
  readonly task: string;
  readonly recipe: string;
  /** File name of the data, without folders, and the fingerprint of its numbers. */
  readonly dataName: string;
  readonly dataFingerprint: string;
  readonly testMse: number;
}

/** As JSON of a checkpoint. */
export function toExtra({ task, recipe, dataName, dataFingerprint, testMse }: ModelRecord): Record<string, Json> {
  return { task, recipe, data_name: dataName, data_fingerprint: dataFingerprint, test_mse: testMse };
}

/** The record of a checkpoint, or undefined where there is none that is whole. */
export function fromExtra(extra: { readonly [key: string]: Json }): ModelRecord | undefined {
  const { task, recipe, data_name: dataName, data_fingerprint: dataFingerprint, test_mse: testMse } = extra;
  const texts = [task, recipe, dataName, dataFingerprint].every((value) => typeof value === 'string');
  if (!texts || typeof testMse !== 'number') return undefined;
  return { task, recipe, dataName, dataFingerprint, testMse } as ModelRecord;
}
