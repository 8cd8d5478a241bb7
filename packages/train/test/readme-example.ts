import { wasm } from '@rheo/backend-wasm';
import { cfc, linear, sequential } from '@rheo/layers';
import { adam, exponential, load, meanSquaredError, type TrainingData, train } from '@rheo/train';

// A sensor read at uneven times: 32 sequences of 12 steps; predict where it will be half a second later.
const [count, steps] = [32, 12];
const values = new Float32Array(count * steps);
const dt = new Float32Array(count * steps);
const targets = new Float32Array(count * steps);
for (let i = 0, time = 0; i < values.length; i++) {
  dt[i] = i % steps === 0 ? 0 : 0.2 + 0.3 * ((i * 7) % 3);
  time += dt[i] ?? 0;
  values[i] = Math.sin(time);
  targets[i] = Math.sin(time + 0.5);
}
const data: TrainingData = { values, dt, targets, count, steps, features: 1, targetFeatures: 1 };

const backend = await wasm();
const model = sequential([cfc({ units: 8, backboneUnits: 16 }), linear(1)]);
const fitted = await train(model, {
  data,
  loss: meanSquaredError,
  optimizer: adam({ learningRate: 0.02, clipNorm: 1, decay: exponential({ rate: 0.97 }) }),
  epochs: 60,
  batchSize: 8,
  seed: 7,
  backend,
  onEpoch: ({ epoch, loss }) => {
    if (epoch === 1 || epoch % 30 === 0) console.log(`epoch ${epoch}: loss ${loss.toFixed(2)}`);
  },
});

// The checkpoint is all that is needed to go on.
const again = load(fitted.toBytes(), { backend });
const { loss } = await again.evaluate(data);
const { outputs } = await again.predict(data);
console.log(`loss ${loss.toFixed(2)}, outputs [${outputs.shape}]`);

const live = await again.stream();
for (const step of [0, 1, 2]) live.step([values[step] ?? 0], dt[step]);
