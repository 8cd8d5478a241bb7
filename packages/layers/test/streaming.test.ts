/** n steps of a stream equal one run over n steps; the state is the user's. */

import { wasm } from '@rheo/backend-wasm';
import { flattenTree } from '@rheo/core';
import type { SyncBackend } from '@rheo/ir';
import { isRheoError, referenceBackend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { FloatArray, Layer } from '../src/index.ts';
import {
  autoNcp,
  cfc,
  dropout,
  floatArray,
  forwardFill,
  initialise,
  linear,
  lstm,
  predict,
  sequential,
  stream,
} from '../src/index.ts';
import { distance, numbers } from './run-model.ts';

const batch = 2;
const time = 6;
const features = 3;
const values = floatArray(numbers(batch * time * features, 1), [batch, time, features]);
const dt = floatArray(numbers(batch * time, 2).map(Math.abs), [batch, time]);
const at = (data: ArrayLike<number>, step: number, width: number): number[] =>
  Array.from({ length: batch * width }, (_, i) =>
    Number(data[(Math.floor(i / width) * time + step) * width + (i % width)]),
  );

const models: Readonly<Record<string, Layer>> = {
  'cfc alone': cfc({ units: 4 }),
  'a stack with memory': sequential([
    linear(2),
    cfc({ units: 4, mixedMemory: true }),
    dropout(0.5),
    lstm({ units: 3 }),
    linear(2),
  ]),
  'memory before the input': sequential([cfc({ units: 4, variant: 'ncps-keras', mixedMemory: true }), linear(1)]),
  'wired, with memory': sequential([cfc({ wiring: autoNcp(9, 2), mixedMemory: true }), linear(1)]),
  'wired, of ncps-keras': cfc({ wiring: autoNcp(9, 2), variant: 'ncps-keras', mode: 'pure' }),
  'pure, the last output': sequential([cfc({ units: 4, mode: 'pure', returnSequences: false }), linear(1)]),
};

const backends: readonly (readonly [string, () => Promise<SyncBackend>])[] = [
  ['reference', async () => referenceBackend()],
  ['wasm', () => wasm()],
];
const everywhere = backends.flatMap(([name, create]) =>
  Object.entries(models).map(([kind, model]) => [kind, name, model, create] as const),
);

describe('a stream', () => {
  it.each(everywhere)('%s equals the sequence on %s', async (_kind, _name, model, create) => {
    const backend = await create();
    const parameters = initialise(model, { features, seed: 4 });
    const whole = await predict(model, parameters, backend, { values, dt });
    const live = await stream(model, parameters, backend, { features, batch });
    const width = live.outputs / batch;
    let last = new Float32Array();
    for (let step = 0; step < time; step++) {
      last = live.step(at(values.data, step, features), at(dt.data, step, 1)).slice();
      if (whole.outputs.shape.length === 3) {
        expect(distance(last, at(whole.outputs.data, step, width))).toBeLessThan(1e-6);
      }
    }
    if (whole.outputs.shape.length === 2) expect(distance(last, whole.outputs.data)).toBeLessThan(1e-6);
    const ends = flattenTree<FloatArray>(whole.state).leaves;
    flattenTree<FloatArray>(live.getState()).leaves.forEach(({ data, shape }, index) => {
      expect(shape).toEqual(ends[index]?.shape);
      expect(distance(data, ends[index]?.data ?? [])).toBeLessThan(1e-6);
    });
    live.dispose();
    expect(backend.liveTensors).toBe(0);
    await backend.dispose();
  });

  it('takes times per unit, none, and one number', async () => {
    const backend = referenceBackend();
    const model = cfc({ units: 4 });
    const parameters = initialise(model, { features, seed: 4 });
    const x = numbers(features, 8);
    const one = await stream(model, parameters, backend, { features });
    const unit = await stream(model, parameters, backend, { features, dt: 'unit' });
    const none = await stream(model, parameters, backend, { features, dt: 'none' });
    const half = one.step(x, 0.5).slice();
    expect(distance(unit.step(x, [0.5, 0.5, 0.5, 0.5]), half)).toBeLessThan(1e-7);
    one.reset();
    expect(distance(none.step(x), one.step(x))).toBeLessThan(1e-6);
    expect(distance(none.step(x), half)).toBeGreaterThan(1e-3);
  });

  it('returns one array, and its state can be kept and put back', async () => {
    const model = cfc({ units: 4, mixedMemory: true });
    const live = await stream(model, initialise(model, { features, seed: 4 }), referenceBackend(), { features });
    const first = live.step([1, 2, 3]);
    const state = live.getState();
    const second = live.step([4, 5, 6]).slice();
    expect(live.step([7, 8, 9])).toBe(first);
    live.setState(state);
    expect(live.step([4, 5, 6])).toEqual(second);
    live.reset();
    expect(live.getState()).toMatchObject({ h: { data: new Float32Array(4) }, c: { data: new Float32Array(4) } });
  });

  it('holds the last output where nothing is observed, as the sequence does', async () => {
    const backend = referenceBackend();
    const model = sequential([forwardFill(), cfc({ units: 4, returnSequences: false }), linear(1)]);
    const parameters = initialise(model, { features, seed: 4 });
    const seen = [1, 0, 1, 0, 0, 0];
    const one = floatArray(values.data.slice(0, 2 * features), [1, 2, features]);
    const whole = await predict(model, parameters, backend, { values: one, mask: floatArray(seen, [1, 2, features]) });
    const live = await stream(model, parameters, backend, { features, observed: true });
    expect(live.step(one.data.slice(0, 3), 1, [0, 0, 0])).toEqual(new Float32Array(1));
    live.reset();
    live.step(one.data.slice(0, 3), 1, seen.slice(0, 3));
    expect(distance(live.step(one.data.slice(3), 1, seen.slice(3)), whole.outputs.data)).toBeLessThan(1e-6);
  });

  it('refuses bad observations, and its state is as before', async () => {
    const model = cfc({ units: 4 });
    const live = await stream(model, initialise(model, { features, seed: 4 }), referenceBackend(), { features });
    live.step([1, 2, 3]);
    const before = live.getState();
    const bad: readonly (readonly [() => unknown, string])[] = [
      [() => live.step([1, 2]), 'shape'],
      [() => live.step([1, Number.NaN, 3]), 'value'],
      [() => live.step([1, 2, Number.POSITIVE_INFINITY]), 'value'],
      [() => live.step([1, 2, 3], -0.1), 'value'],
      [() => live.step([1, 2, 3], Number.NaN), 'value'],
      [() => live.step([1, 2, 3], [1, 1]), 'shape'],
      [() => live.step([1, 2, 3], 1, [1, 1, 1]), 'argument'],
      [() => live.step(undefined as never), 'shape'],
      [() => live.setState({ h: floatArray([1, 2], [1, 2]) }), 'shape'],
      [() => live.setState({ h: floatArray([1, 2, Number.NaN, 3], [1, 4]) }), 'value'],
      [() => live.setState({ c: floatArray([1, 2, 3, 4], [1, 4]) }), 'argument'],
    ];
    for (const [run, code] of bad) {
      let found: unknown;
      try {
        run();
      } catch (error) {
        found = error;
      }
      expect(isRheoError(found) && found.code, String(found)).toBe(code);
    }
    expect(live.getState()).toEqual(before);
  });

  it('needs a backend that is synchronous, and layers that go forwards', async () => {
    const model = cfc({ units: 4, goBackwards: true });
    const parameters = initialise(model, { features, seed: 4 });
    await expect(stream(model, parameters, referenceBackend(), { features })).rejects.toThrow(/goes backwards/);
    const reference = referenceBackend();
    const remote = { ...reference, name: 'remote', capabilities: { ...reference.capabilities, synchronous: false } };
    await expect(stream(cfc({ units: 4 }), parameters, remote as never, { features })).rejects.toMatchObject({
      code: 'capability',
    });
  });
});
