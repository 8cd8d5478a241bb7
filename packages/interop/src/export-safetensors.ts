/**
 * Exports the numbers of a model for other frameworks: safetensors, float32, each parameter under its path, with all that
 * is needed to understand them in the metadata. It takes every model.
 *
 * The tensors are those of a checkpoint of @rheo/train, but the file is for others: its `format` is "pt", which libraries
 * of Python look for before they read one, and it has nothing of the training. Rheo does not read it back.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import type { NdArray } from '@rheo/data';
import { writeSafetensors } from '@rheo/data';
import type { Layer } from '@rheo/layers';
import { build, describe, matchParameters } from '@rheo/layers';

/**
 * The bytes of a safetensors file; `features` are the inputs of the model. Names are paths such as `0/ff1/kernel`, and
 * kernels are [inputs, outputs]: an `nn.Linear` of PyTorch takes them transposed. Metadata: `format` ("pt"), `generator`
 * ("rheo"), `kernels` ("[inputs, outputs]"), `features`, and `model`, the description as JSON. Equal models give equal
 * bytes. Throws `argument` or `shape` for parameters that are not those of the model.
 */
export function exportSafetensors(
  model: Layer,
  parameters: Tree<Parameter>,
  { features }: { readonly features: number },
): Uint8Array {
  const { leaves, paths } = flattenTree(matchParameters(build(model, features), parameters));
  const tensors = new Map<string, NdArray>();
  leaves.forEach(({ type, data }, index) => {
    tensors.set(paths[index] ?? '', { dtype: 'f32', shape: type.shape as readonly number[], data });
  });
  return writeSafetensors(tensors, {
    format: 'pt',
    generator: 'rheo',
    kernels: '[inputs, outputs]',
    features: String(features),
    model: JSON.stringify(describe(model)),
  });
}
