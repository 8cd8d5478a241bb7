/** Every baseline layer: gradients, description, the streaming law, elapsed times, lengths and masks. */
import { wasm } from '@rheo/backend-wasm';
import { flattenTree } from '@rheo/core';
import { referenceBackend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { FloatArray, Layer } from '../../src/index.ts';
import {
  build,
  describe as describeModel,
  floatArray,
  gruD,
  initialise,
  modelFromDescription,
  odeLstm,
  predict,
  stream,
} from '../../src/index.ts';
import { expectGradients } from '../expect-gradients.ts';
import { distance, filled, numbers, run, someParameters } from '../run-model.ts';
import { baselines, imputing } from './models.ts';

const batch = 2;
const time = 4;
const features = 2;
const values = filled([batch, time, features], 1);
const times = [0.3, 0, 1.2, 0.4, 0.7, 0.1, 2, 0.6];
const dt = { shape: [batch, time], data: times };
const mask = { shape: [batch, time, features], data: [1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 1] };
const all = Object.entries(baselines);

/** The parameters that a layer starts with, moved a little, so that periods and ratios stay in their range. */
function near(model: Layer): number[][] {
  return flattenTree(initialise(model, { features, seed: 5 })).leaves.map(({ data }, index) =>
    numbers(data.length, index).map((x, at) => Number(data[at]) + 0.04 * x),
  );
}

describe.each(all)('%s', (name, model) => {
  it('has gradients that equal differences', () => {
    const loose = name.includes('dormand-prince') ? { tolerance: 1e-6, step: 1e-4 } : {};
    expectGradients(model, { values, dt }, { parameters: near(model), ...loose });
  });

  it('is its description', () => {
    const description = JSON.parse(JSON.stringify(describeModel(model)));
    const again = modelFromDescription(description);
    expect(describeModel(again)).toEqual(description);
    expect(again.build(5).parameters).toEqual(model.build(5).parameters);
  });

  it('streams what it predicts, on wasm too', async () => {
    const given = { values: floatArray(values.data, values.shape), dt: floatArray(times, [batch, time]) };
    const parameters = initialise(model, { features, seed: 4 });
    const wanted = run(
      model,
      flattenTree(parameters).leaves.map(({ data }) => Array.from(data)),
      { values, dt },
    );
    for (const backend of [referenceBackend(), await wasm()]) {
      const whole = await predict(model, parameters, backend, given);
      expect(distance(whole.outputs.data, wanted.outputs)).toBeLessThan(2e-5);
      const live = await stream(model, parameters, backend, { features, batch });
      for (let step = 0; step < time; step++) {
        const at = (data: ArrayLike<number>, width: number): number[] =>
          Array.from({ length: batch * width }, (_, i) =>
            Number(data[(Math.floor(i / width) * time + step) * width + (i % width)]),
          );
        const shown = live.step(at(values.data, features), at(times, 1));
        expect(distance(shown, at(whole.outputs.data, 3))).toBeLessThan(1e-5);
      }
      const ends = flattenTree<FloatArray>(whole.state).leaves;
      flattenTree<FloatArray>(live.getState()).leaves.forEach(({ data }, index) => {
        expect(distance(data, ends[index]?.data ?? [])).toBeLessThan(1e-5);
      });
      live.dispose();
      expect(backend.liveTensors).toBe(0);
      await backend.dispose();
    }
  });

  it('takes elapsed times in every form', () => {
    const weights = near(model);
    const built = build(model, features);
    const one = run(model, weights, { values }).outputs;
    expect(distance(run(model, weights, { values, dt: 1 }).outputs, one)).toBeLessThan(1e-12);
    const half = run(model, weights, { values, dt: 0.5 }).outputs;
    const shared = { shape: [time], data: [0.5, 0.5, 0.5, 0.5] };
    expect(distance(run(model, weights, { values, dt: shared }).outputs, half)).toBeLessThan(1e-12);
    const timed = built.form === 'recurrent' && built.units !== undefined;
    expect(distance(one, half) > 1e-6).toBe(timed);
    if (!timed) return;
    const units = { shape: [batch, time, 3], data: times.flatMap((t) => [t, t, t]) };
    const rows = run(model, weights, { values, dt }).outputs;
    expect(distance(run(model, weights, { values, dt: units }).outputs, rows)).toBeLessThan(1e-12);
  });

  it('holds its state on steps that do not count', () => {
    const weights = someParameters(model, features).map((data) => data.map(Math.abs));
    const cut = run(model, weights, { values, dt, lengths: [2, 4] });
    const short = run(model, weights, {
      values: { shape: [1, 2, features], data: Array.from(values.data).slice(0, 2 * features) },
      dt: { shape: [1, 2], data: times.slice(0, 2) },
    });
    expect(distance(cut.outputs.slice(0, 6), short.outputs)).toBeLessThan(1e-12);
    expect(cut.outputs.slice(9, 12)).toEqual(cut.outputs.slice(3, 6));
    for (const [path, data] of Object.entries(short.state)) {
      expect(distance((cut.state[path] ?? []).slice(0, data.length), data)).toBeLessThan(1e-12);
    }
    const skipped = { shape: [batch, time], data: [1, 0, 0, 1, 1, 1, 1, 1] };
    const masked = run(model, weights, { values, dt, mask: skipped });
    expect(masked.outputs.slice(6, 9)).toEqual(masked.outputs.slice(0, 3));
  });
});

describe('gru-d with imputation', () => {
  it('has gradients that equal differences, and its description', () => {
    expectGradients(imputing, { values, dt, mask });
    expect(describeModel(modelFromDescription(describeModel(imputing)))).toEqual(describeModel(imputing));
  });

  it('does not read what was not observed', () => {
    const weights = someParameters(imputing, features);
    const other = { ...values, data: Array.from(values.data, (x, i) => (mask.data[i] === 1 ? x : 99)) };
    expect(run(imputing, weights, { values: other, dt, mask }).outputs).toEqual(
      run(imputing, weights, { values, dt, mask }).outputs,
    );
  });

  it('streams what it predicts', async () => {
    const backend = referenceBackend();
    const parameters = initialise(imputing, { features, seed: 4 });
    const one = floatArray(Array.from(values.data).slice(0, time * features), [1, time, features]);
    const seen = mask.data.slice(0, time * features);
    const whole = await predict(imputing, parameters, backend, { values: one, mask: floatArray(seen, one.shape) });
    const live = await stream(imputing, parameters, backend, { features, observed: true });
    for (let step = 0; step < time; step++) {
      const at = [step * features, (step + 1) * features] as const;
      const shown = live.step(one.data.slice(...at), 1, seen.slice(...at));
      expect(distance(shown, whole.outputs.data.slice(step * 3, step * 3 + 3))).toBeLessThan(1e-6);
    }
  });

  it('asks for a mask', () => {
    expect(() => run(imputing, someParameters(imputing, features), { values })).toThrow(/gru-d.*mask.*features/);
  });
});

describe('wrong options', () => {
  it.each([
    [() => gruD({ units: 3, mask: true } as never), /no option "mask"/],
    [() => odeLstm({ units: 3, solver: 'semi-implicit' }), /solver is "semi-implicit".*It takes "euler"/],
    [() => odeLstm({ units: 3, unfolds: 0 }), /unfolds is 0/],
    [() => odeLstm({} as never), /units is missing/],
    [() => odeLstm(null as never), /ode-lstm/],
  ])('%#', (make, message) => {
    expect(make).toThrow(message);
  });
});
