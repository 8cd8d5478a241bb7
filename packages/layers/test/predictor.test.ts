/** A predictor over many batches: one compile for each form of input, nothing left behind. */
import { wasm } from '@rheo/backend-wasm';
import type { Backend, CompileOptions, Program } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { cfc, floatArray, initialise, linear, predict, predictor, sequential } from '../src/index.ts';
import { distance, numbers } from './run-model.ts';

const model = sequential([cfc({ units: 5, backboneUnits: 7, mixedMemory: true }), linear(2)]);
const parameters = initialise(model, { features: 3, seed: 2 });
const values = (batch: number, time: number, seed = 1) => floatArray(numbers(batch * time * 3, seed), [batch, time, 3]);

/** The backend with its compiles counted. */
function counted(backend: Backend): { readonly backend: Backend; count: number } {
  const result = {
    count: 0,
    backend: new Proxy(backend, {
      get: (target, name) => {
        if (name === 'compile') {
          return (program: Program, options?: CompileOptions) => {
            result.count++;
            return target.compile(program, options);
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  };
  return result;
}

describe('a predictor', () => {
  it('compiles once for each form of input, and frees everything', async () => {
    const plain = referenceBackend();
    const counting = counted(plain);
    const keeps = predictor(model, parameters, counting.backend);
    for (const [batch, time] of [
      [1, 2],
      [3, 4],
      [2, 1],
    ] as const)
      await keeps.predict({ values: values(batch, time) });
    expect(counting.count).toBe(1);
    await keeps.predict({ values: values(2, 2), lengths: [1, 2] });
    await keeps.predict({ values: values(2, 2), dt: 0.5 });
    await keeps.predict({ values: values(2, 2), dt: floatArray([1, 2], [2]) });
    expect(counting.count).toBe(3);
    expect(plain.liveTensors).toBeGreaterThan(0);
    keeps.dispose();
    expect(plain.liveTensors).toBe(0);
  });

  it('answers interleaved calls, each with its own', async () => {
    const backend = await wasm();
    const keeps = predictor(model, parameters, backend);
    const sizes = Array.from({ length: 24 }, (_, index) => [1 + (index % 2), 1 + (index % 3), index] as const);
    const found = await Promise.all(
      sizes.map(([batch, time, seed]) => keeps.predict({ values: values(batch, time, seed) })),
    );
    const reference = referenceBackend();
    for (const [index, [batch, time, seed]] of sizes.entries()) {
      const wanted = await predict(model, parameters, reference, { values: values(batch, time, seed) });
      expect(found[index]?.outputs.shape).toEqual([batch, time, 2]);
      expect(distance(found[index]?.outputs.data ?? [], wanted.outputs.data)).toBeLessThan(1e-6);
    }
    keeps.dispose();
    expect(backend.liveTensors).toBe(0);
    await backend.dispose();
  });

  it('goes on from a state', async () => {
    const backend = await wasm();
    const all = values(2, 4);
    const cut = (from: number, to: number) =>
      floatArray(
        [...all.data.slice(from * 3, to * 3), ...all.data.slice((4 + from) * 3, (4 + to) * 3)],
        [2, to - from, 3],
      );
    const whole = await predict(model, parameters, backend, { values: all });
    const head = await predict(model, parameters, backend, { values: cut(0, 3) });
    const tail = await predict(model, parameters, backend, { values: cut(3, 4), state: head.state });
    const last = [...whole.outputs.data.slice(6, 8), ...whole.outputs.data.slice(14, 16)];
    expect(distance(tail.outputs.data, last)).toBeLessThan(1e-6);
    expect(backend.liveTensors).toBe(0);
    await backend.dispose();
  });
});
