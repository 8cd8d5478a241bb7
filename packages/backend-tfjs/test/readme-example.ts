import { tfjs } from '@rheo/backend-tfjs';
import { cfc, linear, sequential } from '@rheo/layers';
import { adam, meanSquaredError, type TrainingData, train } from '@rheo/train';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

// You bring TensorFlow.js and choose where it computes; what it lacks is an error, never another choice.
const backend = await tfjs({ tf, backend: 'cpu' });

const [count, steps] = [16, 8];
const values = Float32Array.from({ length: count * steps }, (_, i) => Math.sin(0.5 * i));
const targets = Float32Array.from({ length: count * steps }, (_, i) => Math.sin(0.5 * i + 0.5));
const data: TrainingData = { values, targets, count, steps, features: 1, targetFeatures: 1 };

// Training Programs run like any other.
const fitted = await train(sequential([cfc({ units: 8, backboneUnits: 16 }), linear(1)]), {
  data,
  loss: meanSquaredError,
  optimizer: adam({ learningRate: 0.02 }),
  epochs: 30,
  batchSize: 8,
  seed: 1,
  backend,
});
const { loss } = await fitted.evaluate(data);
console.log(`loss ${loss.toFixed(4)} on ${backend.name}`);

fitted.dispose();
await backend.dispose();
