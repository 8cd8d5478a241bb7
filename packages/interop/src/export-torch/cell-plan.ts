/**
 * What exporting a cell comes down to: which original it is, its configuration, and its state dictionary, entry by entry
 * in the original's order. PyTorch lists a module's own tensors first and those of its parts after them, so the order is
 * part of the plan.
 */

import type { ImportConfig } from '../import-config.ts';

/** An entry of the state dictionary below `rnn_cell.`: a parameter by its path in the cell, or a mask. */
export type StateEntry =
  | { readonly path: string }
  | { readonly name: string; readonly shape: readonly number[]; readonly data: Float32Array };

/** The plan of one cell. */
export interface CellPlan {
  readonly entries: readonly StateEntry[];
  /** The index in PyTorch of each layer of the backbone. */
  readonly backbone: readonly number[];
  readonly config: ImportConfig;
}

/** The kernel and the bias of each affine map, by their paths. */
export function affinePaths(...maps: readonly string[]): StateEntry[] {
  return maps.flatMap((map) => [{ path: `${map}/kernel` }, { path: `${map}/bias` }]);
}

/** The LSTM of mixed memory, where there is one. */
export function memoryPaths(mixedMemory: string): StateEntry[] {
  return mixedMemory === 'off' ? [] : [...affinePaths('lstm/input'), { path: 'lstm/recurrent/kernel' }];
}

/** The heads of a CfC. */
export function headPaths(mode: string, prefix: string = ''): StateEntry[] {
  const heads = mode === 'pure' ? ['ff1'] : ['ff1', 'ff2', 'time_a', 'time_b'];
  return affinePaths(...heads.map((head) => `${prefix}${head}`));
}

/** The time constants of a pure CfC, which its module lists before its parts. */
export function timeConstantPaths(mode: string, prefix: string = ''): StateEntry[] {
  return mode === 'pure' ? [{ path: `${prefix}w_tau` }, { path: `${prefix}A` }] : [];
}
