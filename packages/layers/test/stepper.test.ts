/** One step for many streams: each is, bit for bit, what a stream of its own would be. */

import { wasm } from '@rheo/backend-wasm';
import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import type { SyncBackend } from '@rheo/ir';
import { isRheoError, referenceBackend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../src/index.ts';
import {
  autoNcp,
  bidirectional,
  cfc,
  forwardFill,
  gruD,
  initialise,
  linear,
  lstm,
  ltc,
  sequential,
  stepper,
  stream,
} from '../src/index.ts';
import { numbers } from './run-model.ts';

const features = 3;
/** In double, a stream would keep its state in double as well. */
const single = (): SyncBackend => referenceBackend({ precision: 'single' });
const models: Readonly<Record<string, Layer>> = {
  'a stack with memory': sequential([cfc({ units: 5, mixedMemory: true }), lstm({ units: 3 }), linear(2)]),
  'an LTC, wired': ltc({ wiring: autoNcp(9, 2) }),
  'an adaptive solver': ltc({ units: 4, solver: 'dormand-prince' }),
  'gaps filled, the last output': sequential([forwardFill(), cfc({ units: 4, returnSequences: false }), linear(1)]),
  'gaps decayed': gruD({ units: 4 }),
};
const everywhere = Object.entries(models).flatMap(([kind, model]) => [
  [kind, 'reference', model, async (): Promise<SyncBackend> => single()] as const,
  [kind, 'wasm', model, wasm] as const,
]);

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return isRheoError(error) ? error.code : String(error);
  }
  return undefined;
}

describe('a stepper', () => {
  it.each(everywhere)('%s on %s: three states in turn equal three streams', async (_kind, _name, model, create) => {
    const backend = await create();
    const parameters = initialise(model, { features, seed: 4 });
    const one = await stepper(model, parameters, backend, { features });
    const observed = one.needsObserved;
    const streams = await Promise.all([0, 1, 2].map(() => stream(model, parameters, backend, { features, observed })));
    const states = streams.map(() => new Float32Array(one.stateSize));
    for (let step = 0; step < 5; step++) {
      for (const [which, live] of streams.entries()) {
        const seed = 10 * step + which;
        const x = numbers(features, seed);
        // A step of the second stream has nothing observed.
        const seen = observed ? numbers(features, seed + 500).map((n) => (n > 0 && seed !== 11 ? 1 : 0)) : undefined;
        const elapsed = Math.abs(numbers(1, seed + 900)[0] ?? 0);
        const wanted = live.step(x, elapsed, seen).slice();
        expect(one.step(states[which] ?? new Float32Array(), x, elapsed, seen).slice()).toStrictEqual(wanted);
      }
    }
    for (const live of streams) live.dispose();
    one.dispose();
    expect(backend.liveTensors).toBe(0);
    await backend.dispose();
  });

  it('a step that fails leaves the state as it was', async () => {
    const model = sequential([cfc({ units: 4 }), linear(1)]);
    const parameters = initialise(model, { features, seed: 4 });
    const one = await stepper(model, parameters, referenceBackend(), { features });
    const state = new Float32Array(one.stateSize);
    one.step(state, [1, 2, 3], 1);
    const before = state.slice();
    expect(codeOf(() => one.step(state, [1, 2], 1))).toBe('shape');
    expect(codeOf(() => one.step(state, [1, 2, Number.NaN], 1))).toBe('value');
    expect(codeOf(() => one.step(state, [1, 2, 3], -1))).toBe('value');
    expect(codeOf(() => one.step(state.subarray(1), [1, 2, 3], 1))).toBe('shape');
    expect(state).toStrictEqual(before);
  });

  it('numbers that the model takes beyond float32 are an error', async () => {
    const model = sequential([lstm({ units: 2 }), linear(1), linear(1)]);
    const parameters = initialise(model, { features, seed: 4 });
    for (const { data } of flattenTree((parameters as readonly Tree<Parameter>[]).slice(1)).leaves) data.fill(3e38);
    const one = await stepper(model, parameters, single(), { features });
    const state = new Float32Array(one.stateSize);
    expect(codeOf(() => one.step(state, [1, 2, 3]))).toBe('value');
    expect(state).toStrictEqual(new Float32Array(one.stateSize));
  });

  it('an interval that the solver does not finish leaves the state as it was', async () => {
    const model = ltc({ units: 4, solver: 'dormand-prince', maxSteps: 2 });
    const one = await stepper(model, initialise(model, { features, seed: 4 }), referenceBackend(), { features });
    const state = new Float32Array(one.stateSize);
    one.step(state, [0.1, 0.2, 0.3], 1e-3);
    const before = state.slice();
    expect(codeOf(() => one.step(state, [5, -5, 5], 1e3))).toBe('value');
    expect(state).toStrictEqual(before);
    expect(before.some((value) => value !== 0)).toBe(true);
  });

  it('refuses layers that go backwards', async () => {
    const model = bidirectional(lstm({ units: 2 }));
    const made = stepper(model, initialise(model, { features, seed: 4 }), referenceBackend(), { features });
    await expect(made).rejects.toMatchObject({ code: 'argument' });
  });
});
