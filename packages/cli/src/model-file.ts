/**
 * A model file as a command reads it: the fitted model on a backend, and the record of its training.
 */

import type { Backend } from '@rheo/ir';
import type { Fitted } from '@rheo/train';
import { fromCheckpoint, load } from '@rheo/train';
import type { ModelRecord } from './model-record.ts';
import { fromExtra } from './model-record.ts';
import type { TableRecord } from './table-record.ts';
import { fromTableExtra } from './table-record.ts';
import { readUserFile } from './user-file.ts';

/** A model file that was read. */
export interface ModelFile {
  readonly fitted: Fitted;
  /** Of a model of `rheo train walker2d`. */
  readonly record: ModelRecord | undefined;
  /** Of a model of `rheo train FILE`. */
  readonly table: TableRecord | undefined;
}

/** Reads a model file. Throws `file` or `format` naming the file and the tensor. */
export async function readModelFile(folder: string, path: string, backend: Backend): Promise<ModelFile> {
  const bytes = await readUserFile(folder, path);
  const { extra } = fromCheckpoint(bytes, { file: path });
  return {
    fitted: load(bytes, { backend, file: path }),
    record: fromExtra(extra),
    table: fromTableExtra(extra, path),
  };
}
