/** Rows that an adaptive solver does not finish never look like results. */
import { wasm } from '@rheo/backend-wasm';
import { referenceBackend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { ctRnn, floatArray, initialise, linear, predict, sequential, stream } from '../../src/index.ts';
import { filled, run, someParameters } from '../run-model.ts';

const features = 2;
const model = sequential([ctRnn({ units: 3, solver: 'dormand-prince', rtol: 1e-6, maxSteps: 6 }), linear(1)]);
const values = filled([2, 3, features], 1);
// The second step of the second row is far too long.
const times = [0.1, 0.2, 0.1, 0.1, 200, 0.1];

describe('a row that does not finish', () => {
  it('is counted, is NaN from there on, and leaves the other row alone', () => {
    const weights = someParameters(model, features);
    const { outputs, state } = run(model, weights, { values, dt: { shape: [2, 3], data: times } });
    expect(outputs.map(Number.isNaN)).toEqual([false, false, false, false, true, true]);
    expect(state['0/unfinished']?.[0]).toBe(0);
    expect(state['0/unfinished']?.[1]).toBeGreaterThanOrEqual(1);
    const short = run(model, weights, { values, dt: { shape: [2, 3], data: [0.1, 0.2, 0.1, 0.1, 0.1, 0.1] } });
    expect(outputs.slice(0, 4)).toEqual(short.outputs.slice(0, 4));
  });

  it.each([
    ['reference', async () => referenceBackend()],
    ['wasm', () => wasm()],
  ] as const)('is an error where it comes to the host: %s', async (_name, create) => {
    const backend = await create();
    const parameters = initialise(model, { features, seed: 1 });
    const given = { values: floatArray(values.data, values.shape), dt: floatArray(times, [2, 3]) };
    const wanted = /layer 0.*Raise maxSteps/;
    await expect(predict(model, parameters, backend, given)).rejects.toMatchObject({ code: 'value' });
    await expect(predict(model, parameters, backend, given)).rejects.toThrow(/1 of 2 rows \(1\).*layer 0/);

    const live = await stream(model, parameters, backend, { features });
    const first = live.step([1, 2], 0.1)[0];
    expect(() => live.step([1, 2], 200)).toThrow(wanted);
    expect(() => live.step([1, 2], 0.1)).toThrow(wanted);
    live.reset();
    expect(live.step([1, 2], 0.1)[0]).toBe(first);
    live.dispose();
    expect(backend.liveTensors).toBe(0);
    await backend.dispose();
  });
});
