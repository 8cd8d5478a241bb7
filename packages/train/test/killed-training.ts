/**
 * A training that leaves a checkpoint after every epoch and goes on from the one that it finds: with dropout, chunks of
 * steps, a rate that falls on a plateau, patience and the best epoch. Run with a folder, it trains there.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wasm } from '@rheo/backend-wasm';
import { cfc, dropout, linear, sequential } from '@rheo/layers';
import {
  adam,
  fromTrainingCheckpoint,
  meanSquaredError,
  metrics,
  onPlateau,
  saveTrainingCheckpoint,
  train,
} from '@rheo/train';
import { sineData } from './sine-data.ts';

export const checkpointName = 'checkpoint.safetensors';
export const modelName = 'model.safetensors';

const model = sequential([cfc({ units: 8, backboneUnits: 16, backboneDropout: 0.2 }), dropout(0.1), linear(1)]);

/** Trains to the end in a folder, from its checkpoint if there is one, and writes the model. */
export async function trainIn(folder: string): Promise<void> {
  const file = join(folder, checkpointName);
  const backend = await wasm();
  const fitted = await train(model, {
    data: { ...sineData(43, 24), lengths: Int32Array.from({ length: 43 }, (_, row) => 1 + ((row * 7) % 24)) },
    validation: sineData(12, 24, 0.4),
    loss: meanSquaredError,
    optimizer: adam({
      learningRate: 0.08,
      clipGlobalNorm: 1,
      decay: onPlateau({ factor: 0.6, patience: 1, threshold: 0.01, cooldown: 1 }),
    }),
    metrics: [metrics.r2],
    ...{ epochs: 60, batchSize: 8, truncate: 10, patience: 5, keep: 'best', seed: 11, backend },
    resume: existsSync(file) ? fromTrainingCheckpoint(readFileSync(file)) : undefined,
    onEpoch: ({ state }) => saveTrainingCheckpoint(file, state),
  });
  writeFileSync(join(folder, modelName), fitted.toBytes());
  await backend.dispose();
}

const [, script, folder] = process.argv;
if (script?.endsWith('killed-training.ts') && folder !== undefined) {
  process.stdout.write('begun\n');
  await trainIn(folder);
}
