/**
 * `--format torch`: a state dictionary for the Python originals. The file is read back as a checkpoint of theirs, and what
 * was read must compute what the model computes.
 */

import { exportTorch, importNcps } from '@rheo/interop';
import { withWasm } from '../backends.ts';
import type { Export, ExportFormat, ExportRequest, Verification } from './export-format.ts';
import { modelPlayer } from './players.ts';
import { compare, judge, trialText } from './trials.ts';

/** See the head of this file. */
export const torchFormat: ExportFormat = { ending: '.pt', takes: new Set(), make };

async function make({ checkpoint, verify }: ExportRequest): Promise<Export> {
  const { model, parameters, features } = checkpoint;
  const { bytes, config, tensors } = exportTorch(model, parameters, { features });
  return {
    bytes,
    facts: [
      ['class', `${config.framework}, ${config['class'] ?? 'Cfc'}`],
      ['tensors', String(tensors.length)],
    ],
    sidecar: { ending: '.json', text: `${JSON.stringify(config, null, 2)}\n` },
    verification: verify ? await check() : { unchecked: '--unverified was given' },
  };

  async function check(): Promise<Verification> {
    const imported = importNcps({ name: 'the exported file', bytes }, config);
    const form = { form: 'sequence', dt: 'row', observed: false, units: 1 } as const;
    const judged = await withWasm(async (wasm) => {
      const again = modelPlayer(wasm, { ...imported, training: undefined, extra: {} }, form);
      const largest = await compare(again, modelPlayer(wasm, checkpoint, form), features);
      return await judge(largest, checkpoint, form, wasm);
    });
    return { ...judged, by: 'reading it back as a checkpoint of the original', on: trialText };
  }
}
