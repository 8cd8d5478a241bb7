/** Layers in both directions: against two runs by hand, with lengths and masks, stacked, and where it is refused. */
import { wasm } from '@rheo/backend-wasm';
import { isRheoError, referenceBackend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Layer, Merge } from '../src/index.ts';
import {
  bidirectional,
  cfc,
  describe as describeModel,
  dropout,
  floatArray,
  gru,
  initialise,
  linear,
  modelFromDescription,
  predict,
  sequential,
  stateTypes,
  stream,
} from '../src/index.ts';
import { expectGradients } from './expect-gradients.ts';
import type { Given } from './run-model.ts';
import { distance, filled, numbers, run, someParameters } from './run-model.ts';

const batch = 2;
const time = 4;
const features = 2;
const units = 3;
const values = filled([batch, time, features], 1);
const times: Given = { shape: [batch, time], data: numbers(batch * time, 3).map(Math.abs) };
const layer = cfc({ units, backboneUnits: 4 });
const both = bidirectional(layer);
const weights = someParameters(both, features);
const half = weights.length / 2;

/** Row `row` of a batch, steps 0 to limit, possibly turned. */
function steps({ shape, data }: Given, row: number, limit: number, turned: boolean): Given {
  const width = shape[2] ?? 1;
  const all = Array.from({ length: limit }, (_, step) =>
    Array.from(data).slice((row * time + step) * width, (row * time + step + 1) * width),
  );
  return { shape: [1, limit, ...shape.slice(2)], data: (turned ? all.reverse() : all).flat() };
}

/** The outputs of one direction alone, in the order of time. */
function alone(row: number, limit: number, turned: boolean): number[][] {
  const own = turned ? weights.slice(half) : weights.slice(0, half);
  const inputs = { values: steps(values, row, limit, turned), dt: steps(times, row, limit, turned) };
  const { outputs } = run(layer, own, inputs);
  const rows = Array.from({ length: limit }, (_, step) => outputs.slice(step * units, (step + 1) * units));
  return turned ? rows.reverse() : rows;
}

function at(outputs: readonly number[], row: number, step: number, width: number): number[] {
  return outputs.slice((row * time + step) * width, (row * time + step + 1) * width);
}

describe('bidirectional', () => {
  it('equals a run from each end', () => {
    const { outputs, state } = run(both, weights, { values, dt: times });
    for (let row = 0; row < batch; row++) {
      const [forward, backward] = [alone(row, time, false), alone(row, time, true)];
      for (let step = 0; step < time; step++) {
        const wanted = [...(forward[step] ?? []), ...(backward[step] ?? [])];
        expect(distance(at(outputs, row, step, 2 * units), wanted)).toBeLessThan(1e-12);
      }
      expect(
        distance((state['backward/h'] ?? []).slice(row * units, (row + 1) * units), backward[0] ?? []),
      ).toBeLessThan(1e-12);
    }
  });

  it('reads with lengths what the row alone would read, and is 0 backwards beyond them', () => {
    const lengths = [4, 2];
    const { outputs } = run(both, weights, { values, dt: times, lengths });
    lengths.forEach((length, row) => {
      const [forward, backward] = [alone(row, length, false), alone(row, length, true)];
      for (let step = 0; step < time; step++) {
        const wanted = [...(forward[Math.min(step, length - 1)] ?? []), ...(backward[step] ?? [0, 0, 0])];
        expect(distance(at(outputs, row, step, 2 * units), wanted)).toBeLessThan(1e-12);
      }
    });
  });

  const merges: readonly (readonly [Merge, (a: number, b: number) => number])[] = [
    ['sum', (a, b) => a + b],
    ['mul', (a, b) => a * b],
    ['ave', (a, b) => (a + b) / 2],
  ];
  it.each(merges)('merges by %s', (merge, of) => {
    const { outputs } = run(bidirectional(layer, { merge }), weights, { values, dt: times });
    const side = run(both, weights, { values, dt: times }).outputs;
    const wanted = Array.from({ length: batch * time }, (_, step) =>
      [0, 1, 2].map((unit) => of(Number(side[step * 6 + unit]), Number(side[step * 6 + 3 + unit]))),
    ).flat();
    expect(distance(outputs, wanted)).toBeLessThan(1e-14);
  });

  it('merges the last outputs of both, each at its own end', () => {
    const last = bidirectional(cfc({ units, backboneUnits: 4, returnSequences: false }));
    const { outputs } = run(last, weights, { values, dt: times });
    for (let row = 0; row < batch; row++) {
      const wanted = [...(alone(row, time, false)[time - 1] ?? []), ...(alone(row, time, true)[0] ?? [])];
      expect(distance(outputs.slice(row * 6, row * 6 + 6), wanted)).toBeLessThan(1e-12);
    }
  });

  const stack = sequential([
    linear(2),
    bidirectional(gru({ units: 3 })),
    dropout(0.2),
    bidirectional(cfc({ units: 2, backboneUnits: 3 }), { merge: 'sum' }),
    linear(1),
  ]);

  it('stacks, with gradients and masks', () => {
    expectGradients(stack, { values, dt: times, lengths: [3, 4] });
    expectGradients(stack, { values, dt: times, mask: { shape: [batch, time], data: [1, 0, 1, 1, 0, 1, 1, 1] } });
  });

  it('gives a row in a stack what it has alone', () => {
    const own = someParameters(stack, features);
    const { outputs } = run(stack, own, { values, dt: times, lengths: [4, 2] });
    const short = run(stack, own, { values: steps(values, 1, 2, false), dt: steps(times, 1, 2, false) });
    expect(distance(outputs.slice(time, time + 2), short.outputs)).toBeLessThan(1e-12);
  });

  it('draws dropout of its own in each direction', () => {
    const dropping = bidirectional(cfc({ units, backboneUnits: 40, backboneDropout: 0.5, variant: 'official-tf' }));
    const own = someParameters(dropping, features);
    // Equal weights and one step: only the masks differ.
    const same = [...own.slice(0, own.length / 2), ...own.slice(0, own.length / 2)];
    const one = filled([1, 1, features], 1);
    const { outputs } = run(dropping, same, { values: one, key: Uint32Array.of(1, 2) }, { training: true });
    expect(distance(outputs.slice(0, units), outputs.slice(units))).toBeGreaterThan(1e-4);
  });

  it('predicts on wasm, and goes on from its state', async () => {
    const model: Layer = sequential([both, linear(1)]);
    const parameters = initialise(model, { features, seed: 3 });
    const given = { values: floatArray(values.data, values.shape), dt: floatArray(times.data, times.shape) };
    const [a, b] = [referenceBackend(), await wasm()];
    const wanted = await predict(model, parameters, a, given);
    const found = await predict(model, parameters, b, given);
    expect(distance(found.outputs.data, wanted.outputs.data)).toBeLessThan(1e-5);
    const further = await predict(model, parameters, b, { ...given, state: found.state });
    expect(distance(further.outputs.data, found.outputs.data)).toBeGreaterThan(1e-4);
    expect(stateTypes(both.build(2), 1)).toHaveProperty('backward');
    await b.dispose();
  });

  it('is its description', () => {
    const description = JSON.parse(JSON.stringify(describeModel(stack)));
    expect(describeModel(modelFromDescription(description))).toEqual(description);
    expect(modelFromDescription(description).build(3).parameters).toEqual(stack.build(3).parameters);
  });

  it('refuses what it cannot do', async () => {
    expect(() => bidirectional(linear(1)).build(2)).toThrow(/recurrent layer, not linear/);
    expect(() => bidirectional(sequential([layer])).build(2)).toThrow(/recurrent layer, not sequential/);
    expect(() => bidirectional(cfc({ units: 1, goBackwards: true })).build(2)).toThrow(/goes backwards itself/);
    expect(() => bidirectional(undefined as never)).toThrow(/takes a recurrent layer/);
    expect(() => bidirectional(layer, { merge: 'add' as never })).toThrow(/merge is "add".*"concat", "sum"/);
    const parameters = initialise(both, { features, seed: 1 });
    const error: unknown = await stream(both, parameters, referenceBackend(), { features }).catch((e: unknown) => e);
    expect(isRheoError(error) && error.code).toBe('argument');
    expect(String(error)).toMatch(/backward.*step by step/);
  });
});
