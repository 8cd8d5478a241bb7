/**
 * Exports a model as a PyTorch state dictionary that the Python originals load with `strict=True`: the inverse of
 * `importNcps`, in names, order, shapes and numbers. The configuration that comes with it says which class to make and
 * with which arguments, because the file cannot.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import type { CfcConfig, Layer, LtcConfig, WiredCfcConfig } from '@rheo/layers';
import { build, matchParameters } from '@rheo/layers';
import type { ImportConfig } from '../import-config.ts';
import { torchName } from '../torch-names.ts';
import type { CellPlan } from './cell-plan.ts';
import type { ModelParts, Part } from './model-parts.ts';
import { modelParts } from './model-parts.ts';
import { planCfc } from './plan-cfc.ts';
import { planLtc } from './plan-ltc.ts';
import { planWiredCfc } from './plan-wired-cfc.ts';
import type { TorchTensor } from './write-torch-file.ts';
import { writeTorchFile } from './write-torch-file.ts';

/** An exported state dictionary. */
export interface TorchExport {
  /** A `.pt` file, as `torch.save(model.state_dict(), path)` writes it. */
  readonly bytes: Uint8Array;
  /** The class and its arguments under the names of the original; `importNcps` takes it as it is. Plain JSON. */
  readonly config: ImportConfig;
  /** What is in the file, in its order; all of it float32. */
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/**
 * Exports a CfC or an LTC for ncps.torch, or for the authors' torch_cfc.py where the variant is "official-torch"; a linear
 * layer behind a CfC is its `proj_size`. `features` are the inputs of the model.
 * Throws `capability` that names the layer which the originals in PyTorch cannot express, and the alternative; `argument`
 * or `shape` for parameters that are not those of the model.
 */
export function exportTorch(
  model: Layer,
  parameters: Tree<Parameter>,
  { features }: { readonly features: number },
): TorchExport {
  const matched = flattenTree(matchParameters(build(model, features), parameters));
  const byPath = new Map(matched.paths.map((path, index) => [path, matched.leaves[index] as Parameter]));
  const parts = modelParts(model);
  const { entries, backbone, config } = planCell(parts, features);
  const take = (path: string, role: string): TorchTensor => {
    const parameter = byPath.get(path);
    if (parameter === undefined) throw new Error(`${path} is not there, or was taken before`);
    byPath.delete(path);
    return tensorOf(parameter, role, backbone);
  };
  const tensors = entries.map((entry) =>
    'path' in entry
      ? take(below(parts.cell.path, entry.path), entry.path)
      : { ...entry, name: `rnn_cell.${entry.name}` },
  );
  if (parts.head !== undefined) {
    for (const leaf of ['kernel', 'bias']) tensors.push(take(below(parts.head.path, leaf), `fc/${leaf}`));
  }
  if (byPath.size > 0) throw new Error(`no entry has these parameters: ${[...byPath.keys()].join(', ')}`);
  return {
    bytes: writeTorchFile(tensors),
    config,
    tensors: tensors.map(({ name, shape }) => ({ name, shape })),
  };
}

function planCell({ cell, head }: ModelParts, features: number): CellPlan {
  if (cell.kind === 'ltc') return planLtc(cell as Part<LtcConfig>, head, features);
  return Object.hasOwn(cell.config, 'wiring')
    ? planWiredCfc(cell as unknown as Part<WiredCfcConfig>, head, features)
    : planCfc(cell as Part<CfcConfig>, head, features);
}

function below(layer: string, path: string): string {
  return layer === '' ? path : `${layer}/${path}`;
}

/** A parameter as PyTorch has it; `role` is its path in the cell, or behind `fc/`. */
function tensorOf({ type, data }: Parameter, role: string, backbone: readonly number[]): TorchTensor {
  const shape = type.shape as readonly number[];
  const { bare, arrangement } = torchName(role, { backbone });
  const name = /^(?:fc|lstm)\./.test(bare) ? bare : `rnn_cell.${bare}`;
  switch (arrangement) {
    case 'same':
      return { name, shape, data };
    case 'flat':
      return { name, shape: [1, ...shape], data };
    case 'transposed':
      return { name, shape: shape.toReversed(), data: transposed(data, shape) };
  }
}

function transposed(data: Float32Array, [rows = 0, columns = 0]: readonly number[]): Float32Array {
  return Float32Array.from(data, (_, index) => data[(index % rows) * columns + Math.floor(index / rows)] ?? 0);
}
