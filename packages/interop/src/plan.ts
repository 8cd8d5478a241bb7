/**
 * What an import comes down to: a model of Rheo, and for each of its parameters the tensor of the file and how it lies there.
 */

import type { Layer } from '@rheo/layers';
import type { FileTensor } from './file-tensor.ts';
import type { ImportFamily } from './import-config.ts';

/** How a tensor of the file becomes a parameter: as it is, transposed, or without its axes of size 1. */
export type Arrangement = 'same' | 'transposed' | 'flat';

/** Where a parameter of Rheo is in the file. */
export interface Origin {
  /** What the original calls it. */
  readonly name: string;
  readonly arrangement: Arrangement;
  /** Undefined if the file does not have it. */
  readonly tensor: FileTensor | undefined;
  /** 0 and 1 for each element, in the shape of the file: what does not count becomes 0. */
  readonly mask?: FileTensor | undefined;
}

/** A model with the origins of its parameters. */
export interface ImportPlan {
  readonly family: ImportFamily;
  readonly model: Layer;
  readonly features: number;
  /** The origin of the parameter of a path. */
  origin(path: string): Origin;
  /** Tensors that were read for other purposes: masks. */
  readonly consumed: ReadonlySet<string>;
  /** What was taken for granted, for the report. */
  readonly notes: readonly string[];
}
