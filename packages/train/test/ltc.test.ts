/** Training LTCs: positivity without a call by hand, and the translation of a trained network. */
import { wasm } from '@rheo/backend-wasm';
import { flattenTree } from '@rheo/core';
import { referenceBackend } from '@rheo/ir';
import { autoNcp, fullyConnected, ltc, observeLtc, sequential, translateLtc } from '@rheo/layers';
import type { Fitted, TrainOptions } from '@rheo/train';
import { adam, fromCheckpoint, meanSquaredError, train } from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { sineData } from './sine-data.ts';

const wiring = fullyConnected(4, { outputs: 1 });
const positive = ['gleak', 'cm', 'w', 'sensory_w'];

function options(changes: Partial<TrainOptions> = {}): TrainOptions {
  return {
    data: sineData(8, 6),
    loss: meanSquaredError,
    optimizer: adam({ learningRate: 0.05 }),
    epochs: 30,
    batchSize: 8,
    seed: 7,
    backend: referenceBackend(),
    ...changes,
  };
}

function lowest({ parameters }: Fitted): Record<string, number> {
  const { leaves, paths } = flattenTree(parameters);
  return Object.fromEntries(paths.map((path, at) => [path, Math.min(...(leaves[at]?.data ?? []))]));
}

describe('explicit positivity', () => {
  const model = ltc({ wiring, positivity: 'explicit', sparse: 'edges' });

  it('holds after every step, and is at work', async () => {
    const fitted = await train(model, options());
    const least = lowest(fitted);
    expect(Math.min(...positive.map((name) => Number(least[name])))).toBe(0);
    expect(least['vleak']).toBeLessThan(0);
    const { history } = fitted;
    expect(history.at(-1)?.loss).toBeLessThan(Number(history[0]?.loss) / 2);
  });

  it('is kept by checkpoints', async () => {
    const fitted = await train(model, options({ epochs: 1 }));
    const { parameters } = fromCheckpoint(fitted.toBytes());
    const { leaves, paths } = flattenTree(parameters);
    const constrained = paths.filter((_, at) => leaves[at]?.constraint === 'nonnegative');
    expect(constrained.toSorted()).toEqual(positive.toSorted());
  });

  it('is not needed by the implicit form, whose stored numbers may be negative', async () => {
    const fitted = await train(ltc({ wiring }), options({ epochs: 60, optimizer: adam({ learningRate: 0.1 }) }));
    const least = lowest(fitted);
    expect(Math.min(...positive.map((name) => Number(least[name])))).toBeLessThan(0);
  });
});

it('a trained circuit is translated into closed form, and its error told', async () => {
  const backend = await wasm();
  const model = sequential([ltc({ wiring: autoNcp(10, 1, { seed: 1 }) })]);
  const data = sineData(16, 12);
  const fitted = await train(
    model,
    options({ data, backend, epochs: 300, batchSize: 16, optimizer: adam({ learningRate: 0.03 }) }),
  );
  expect(fitted.history.at(-1)?.loss).toBeLessThan(Number(fitted.history[0]?.loss) / 3);
  const inputs = {
    values: { dtype: 'f32', shape: [16, 12, 1], data: data.values },
    dt: { dtype: 'f32', shape: [16, 12], data: data.dt ?? [] },
  };
  const held = translateLtc(model, fitted.parameters, inputs);
  const fine = translateLtc(model, fitted.parameters, inputs, { substeps: 6 });
  const published = translateLtc(model, fitted.parameters, inputs, { form: 'algorithm-1' });
  const layer = await observeLtc(model, fitted.parameters, backend, inputs);
  const ofLayer =
    layer.states.data.reduce((sum, v, at) => sum + (v - Number(held.equation.data[at])) ** 2, 0) /
    layer.states.data.length;
  const figures = [held, fine, published].map(({ meanSquaredError: error }) => error.toExponential(1));
  console.log(
    `mean squared error against the equation: closed form ${figures[0]}, renewed 6 times ${figures[1]}, ` +
      `algorithm 1 ${figures[2]}; the layer's own 6 unfolds ${ofLayer.toExponential(1)}`,
  );
  expect(held.meanSquaredError).toBeLessThan(0.1);
  expect(fine.meanSquaredError).toBeLessThan(0.006);
  expect(fine.meanSquaredError).toBeLessThan(ofLayer);
  expect(published.meanSquaredError).toBeGreaterThan(held.meanSquaredError);
  fitted.dispose();
  expect(backend.liveTensors).toBe(0);
  await backend.dispose();
});
