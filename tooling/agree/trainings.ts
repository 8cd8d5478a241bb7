/**
 * The trainings on which backends must agree: a CfC with dropout, an LTC and a CfC wired by AutoNCP, 50 steps each from one
 * seed, with Adam, on a sine sampled at uneven times.
 *
 * Two epochs of 25 steps, so that a training can change its backend in the middle. Sequences and models are as short as they
 * can be: engines that are fed one op at a time take a millisecond for what others do in a microsecond.
 */
import type { Layer } from '@rheo/layers';
import { autoNcp, cfc, linear, ltc, sequential } from '@rheo/layers';
import type { TrainingData, TrainOptions } from '@rheo/train';
import { adam, meanSquaredError } from '@rheo/train';

/** Steps of one epoch, and epochs. */
export const stepsPerEpoch = 25;
export const epochs = 2;

const batchSize = 4;

/** Name to model and length of its sequences. */
export const trainings: Readonly<Record<string, { readonly model: Layer; readonly length: number }>> = {
  CfC: { model: sequential([cfc({ units: 6, backboneUnits: 8, backboneDropout: 0.1 }), linear(1)]), length: 2 },
  LTC: { model: sequential([ltc({ units: 4, odeUnfolds: 2 }), linear(1)]), length: 2 },
  'AutoNCP CfC': { model: sequential([cfc({ wiring: autoNcp(8, 1, { seed: 7 }) })]), length: 3 },
};

/** All options but the backend. */
export function setup(length: number): Omit<TrainOptions, 'backend'> {
  return {
    data: sine(stepsPerEpoch * batchSize, length),
    loss: meanSquaredError,
    optimizer: adam({ learningRate: 0.01 }),
    epochs,
    batchSize,
    seed: 11,
    readEvery: 1,
  };
}

/** The value half a unit of time later, of a sine at uneven times. */
function sine(count: number, steps: number): TrainingData {
  const [values, dt, targets] = [0, 0, 0].map(() => new Float32Array(count * steps)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (let at = 0, time = 0; at < count * steps; at++) {
    dt[at] = 0.25 + 0.25 * ((at * at) % 3);
    time += dt[at] as number;
    values[at] = Math.sin(time);
    targets[at] = Math.sin(time + 0.5);
  }
  return { values, dt, targets, count, steps, features: 1, targetFeatures: 1 };
}
