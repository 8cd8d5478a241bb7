/**
 * The steps of a model small enough to differentiate by hand: y = w x + b, plain gradient descent.
 */

import { mul, sub } from '@rheo/core';
import { referenceBackend } from '@rheo/ir';
import { linear } from '@rheo/layers';
import type { Optimizer, TrainingData, TrainOptions } from '@rheo/train';
import { l2, meanSquaredError, train } from '@rheo/train';
import { describe, expect, it } from 'vitest';

const rate = 0.1;
const descent: Optimizer = {
  name: 'descent',
  config: {},
  slots: [],
  update: ({ parameters, gradients }) => ({
    parameters: parameters.map((p, i) => sub(p, mul(gradients[i] ?? p, rate))),
    slots: [],
  }),
};

const data: TrainingData = {
  values: Float32Array.of(1, 2, -1, 0.5, 3, -2),
  targets: Float32Array.of(2, 1, 0, 1, -1, 4),
  count: 3,
  steps: 2,
  features: 1,
  targetFeatures: 1,
};
const options: TrainOptions = {
  data,
  loss: meanSquaredError,
  optimizer: descent,
  epochs: 1,
  batchSize: 2,
  shuffle: false,
  backend: referenceBackend(),
  parameters: {
    kernel: { type: { dtype: 'f32', shape: [1, 1] }, role: 'kernel', trainable: true, data: Float32Array.of(0.5) },
    bias: { type: { dtype: 'f32', shape: [1] }, role: 'bias', trainable: true, data: Float32Array.of(-0.25) },
  },
};

/** Batches of positions; each step takes the mean over its positions, and 2 · penalty · w. */
function byHand(batches: readonly (readonly number[])[], penalty = 0): { w: number; b: number; losses: number[] } {
  let w = 0.5;
  let b = -0.25;
  const losses: number[] = [];
  for (const positions of batches) {
    let loss = penalty * w * w;
    let dw = 2 * penalty * w;
    let db = 0;
    for (const at of positions) {
      const x = data.values[at] ?? 0;
      const error = w * x + b - (data.targets[at] ?? 0);
      loss += error ** 2 / positions.length;
      dw += (2 * error * x) / positions.length;
      db += (2 * error) / positions.length;
    }
    losses.push(loss);
    w -= rate * dw;
    b -= rate * db;
  }
  return { w, b, losses };
}

async function trained(
  changes: Partial<TrainOptions>,
): Promise<{ w: number; b: number; losses: number[]; epoch: number }> {
  const losses: number[] = [];
  const fitted = await train(linear(1), { ...options, ...changes, onStep: ({ loss }) => losses.push(loss) });
  const { kernel, bias } = fitted.parameters as unknown as Record<'kernel' | 'bias', { readonly data: Float32Array }>;
  return { w: kernel.data[0] ?? 0, b: bias.data[0] ?? 0, losses, epoch: fitted.history[0]?.loss ?? 0 };
}

describe('a training step', () => {
  it('takes the mean over the true sequences, also in a last batch that is not full', async () => {
    const wanted = byHand([
      [0, 1, 2, 3],
      [4, 5],
    ]);
    const found = await trained({});
    expect(found.w).toBeCloseTo(wanted.w, 6);
    expect(found.b).toBeCloseTo(wanted.b, 6);
    found.losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(wanted.losses[i] ?? 0, 5);
    });
    // As Keras reports an epoch: each batch by its number of sequences.
    expect(found.epoch).toBeCloseTo(((wanted.losses[0] ?? 0) * 2 + (wanted.losses[1] ?? 0)) / 3, 5);
  });

  it('leaves out masked steps, given as mask or as lengths', async () => {
    const wanted = byHand([[0, 2, 3], [4]]);
    for (const padding of [{ mask: Uint8Array.of(1, 0, 1, 1, 1, 0) }, { lengths: Int32Array.of(1, 2, 1) }]) {
      const found = await trained({ data: { ...data, ...padding } });
      expect(found.w).toBeCloseTo(wanted.w, 6);
      expect(found.b).toBeCloseTo(wanted.b, 6);
    }
  });

  it('does nothing in a batch in which every step is masked', async () => {
    const wanted = byHand([[0, 1, 2, 3]]);
    const found = await trained({ data: { ...data, lengths: Int32Array.of(2, 2, 0) } });
    expect([found.w, found.b].map((x) => x.toFixed(6))).toEqual([wanted.w, wanted.b].map((x) => x.toFixed(6)));
    expect(found.losses[1]).toBe(0);
  });

  it('adds the penalty to the loss and to the gradient', async () => {
    const wanted = byHand([[0, 1, 2, 3, 4, 5]], 0.5);
    const found = await trained({ batchSize: 99, penalty: l2(0.5, { parts: 'all' }) });
    expect(found.w).toBeCloseTo(wanted.w, 6);
    expect(found.b).toBeCloseTo(wanted.b, 6);
    expect(found.losses[0]).toBeCloseTo(wanted.losses[0] ?? 0, 5);
  });

  it('does not touch what is not trainable', async () => {
    const { kernel, bias } = options.parameters as never as Record<'kernel' | 'bias', object>;
    const found = await trained({ parameters: { kernel: { ...kernel, trainable: false }, bias } as never });
    expect(found.w).toBe(0.5);
    expect(found.b).not.toBe(-0.25);
  });
});
