/**
 * `--format safetensors`: plain tensors for other frameworks, read back by the reader of checkpoints and compared bit for
 * bit.
 */

import { flattenTree } from '@rheo/core';
import { readSafetensors } from '@rheo/data';
import { exportSafetensors } from '@rheo/interop';
import type { Export, ExportFormat, ExportRequest, Verification } from './export-format.ts';
import { tolerance } from './export-format.ts';

/** See the head of this file. */
export const safetensorsFormat: ExportFormat = { ending: '-tensors.safetensors', takes: new Set(), make };

async function make({ checkpoint, verify }: ExportRequest): Promise<Export> {
  const { model, parameters, features } = checkpoint;
  const { leaves, paths } = flattenTree(parameters);
  const bytes = exportSafetensors(model, parameters, { features });
  return {
    bytes,
    facts: [['tensors', `${leaves.length}, float32, kernels [inputs, outputs]`]],
    verification: verify ? check() : { unchecked: '--unverified was given' },
  };

  function check(): Verification {
    const { tensors } = readSafetensors(bytes, { file: 'the exported file' });
    const same = leaves.every(({ data }, index) => {
      const found = tensors.get(paths[index] ?? '')?.data;
      return found?.length === data.length && data.every((value, at) => Object.is(found[at], value));
    });
    const largest = same && tensors.size === leaves.length ? 0 : Number.NaN;
    return { largest, allowed: tolerance, by: 'reading it back', on: 'every number of every tensor' };
  }
}
