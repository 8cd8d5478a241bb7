import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wasm } from '@rheo/backend-wasm';
import { cfc, linear, sequential } from '@rheo/layers';
import {
  adam,
  fromTrainingCheckpoint,
  meanSquaredError,
  saveTrainingCheckpoint,
  TrainingStopped,
  train,
} from '@rheo/train';

const [count, steps] = [32, 12];
const values = Float32Array.from({ length: count * steps }, (_, i) => Math.sin(i / 2));
const targets = values.map((_, i) => Math.sin((i + 1) / 2));
const data = { values, targets, count, steps, features: 1, targetFeatures: 1 };

const model = sequential([cfc({ units: 8, backboneUnits: 16, backboneDropout: 0.1 }), linear(1)]);
const setup = { data, loss: meanSquaredError, optimizer: adam({ learningRate: 0.01 }), epochs: 20, seed: 7 };
const file = join(await mkdtemp(join(tmpdir(), 'rheo-')), 'checkpoint.safetensors');

// Every epoch leaves a checkpoint; in the sixth, the device goes away.
const first = await wasm();
try {
  await train(model, {
    ...setup,
    backend: first,
    onEpoch: async ({ epoch, state }) => {
      await saveTrainingCheckpoint(file, state);
      if (epoch === 6) await first.dispose();
    },
  });
} catch (error) {
  if (!(error instanceof TrainingStopped)) throw error;
  console.log(`${error.code} after ${error.fitted.history.length} epochs`);
}

// Later, in another process perhaps: the same options, a new backend, and the state.
const resume = fromTrainingCheckpoint(await readFile(file));
const resumed = await train(model, { ...setup, backend: await wasm(), resume });

const whole = await train(model, { ...setup, backend: await wasm() });
const same = Buffer.compare(resumed.toBytes(), whole.toBytes()) === 0;
console.log(`${resumed.history.length} epochs; the same bytes as uninterrupted: ${same}`);
