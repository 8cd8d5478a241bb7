/** Looking into an LTC, and its translation: against the layer's own numbers and against the equation. */
import { wasm } from '@rheo/backend-wasm';
import type { Tensor, Tree } from '@rheo/core';
import { flattenTree, trace, unflattenTree } from '@rheo/core';
import { evaluate, referenceBackend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import {
  autoNcp,
  floatArray,
  forwardFill,
  heldStep,
  initialise,
  linear,
  ltc,
  ltcVectorField,
  observeLtc,
  predict,
  sequential,
  translateLtc,
} from '../src/index.ts';
import { distance, numbers } from './run-model.ts';

const [batch, time, features] = [2, 4, 3];
const values = floatArray(numbers(batch * time * features, 1), [batch, time, features]);
const dt = floatArray(numbers(batch * time, 2).map(Math.abs), [batch, time]);
const wiring = autoNcp(8, 2, { seed: 3 });

describe('observeLtc', () => {
  it.each(['off', 'before-state', 'before-input'] as const)(
    'sees what the layer does, memory %s',
    async (mixedMemory) => {
      const backend = await wasm();
      const model = sequential([linear(4), ltc({ wiring, mixedMemory }), linear(1)]);
      const parameters = initialise(model, { features, seed: 5 });
      const seen = await observeLtc(model, parameters, backend, { values, dt });
      expect(seen.states.shape).toEqual([batch, time, 8]);
      const { state } = await predict(model, parameters, backend, { values, dt });
      const final = (state as unknown as readonly { h: { data: Float32Array } }[])[1]?.h.data ?? [];
      const ends = [0, 1].flatMap((row) => [...seen.states.data.slice((row * time + 3) * 8, (row * time + 4) * 8)]);
      expect(distance(ends, final)).toBeLessThan(1e-6);
      expect(backend.liveTensors).toBe(0);
      await backend.dispose();
    },
  );

  it('gives conductances and time constants as the formulas say, and trained polarities', async () => {
    const model = ltc({ wiring });
    const parameters = initialise(model, { features, seed: 5 });
    const seen = await observeLtc(model, parameters, referenceBackend(), { values, dt });
    const { states, conductances, timeConstants, synapses } = seen;
    const built = wiring.build(features);
    expect(synapses).toHaveLength(built.synapseCount + built.sensorySynapseCount);
    expect(conductances.shape).toEqual([batch, time, synapses.length]);
    const { gleak, cm } = parameters as unknown as Record<string, { data: Float32Array }>;
    const softplus = (x: number): number => Math.log1p(Math.exp(x));
    for (let step = 0; step < batch * time; step++) {
      const total = Array.from({ length: 8 }, (_, j) => softplus(Number(gleak?.data[j])));
      synapses.forEach(({ sensory, source, target, sigma, mu, weight, reversal }, edge) => {
        const p = sensory ? values.data[step * features + source] : states.data[step * 8 + source];
        const wanted = weight / (1 + Math.exp(-sigma * (Number(p) - mu)));
        expect(conductances.data[step * synapses.length + edge]).toBeCloseTo(wanted, 5);
        total[target] = Number(total[target]) + wanted;
        const matrix = sensory ? built.sensoryAdjacency() : built.adjacency();
        expect(Math.sign(reversal)).toBe(matrix[source * 8 + target]);
      });
      total.forEach((sum, j) => {
        expect(timeConstants.data[step * 8 + j]).toBeCloseTo(softplus(Number(cm?.data[j])) / sum, 5);
      });
    }
  });

  it('needs to be told which of several, and takes masks', async () => {
    const model = sequential([forwardFill(), ltc({ units: 3 }), ltc({ units: 2 })]);
    const parameters = initialise(model, { features, seed: 1 });
    const inputs = { values, mask: floatArray(new Array<number>(values.data.length).fill(1), values.shape) };
    await expect(observeLtc(model, parameters, referenceBackend(), inputs)).rejects.toThrow(/"1" or "2"/);
    const seen = await observeLtc(model, parameters, referenceBackend(), inputs, { layer: '2' });
    expect(seen.states.shape).toEqual([batch, time, 2]);
    await expect(
      observeLtc(linear(2), initialise(linear(2), { features, seed: 1 }), referenceBackend(), { values }),
    ).rejects.toThrow(/there is no LTC/);
  });
});

describe('ltcVectorField', () => {
  const layer = ltc({ wiring });
  const parameters = initialise(layer, { features, seed: 5 });
  const { leaves, structure } = flattenTree(parameters);

  it('is the equation of the trained network', () => {
    const { program } = trace(
      (weights: Tree<Tensor>, x, v) => ltcVectorField(layer, weights, x as Tensor)(v as Tensor),
      [
        unflattenTree(
          structure,
          leaves.map(({ type }) => type),
        ),
        { dtype: 'f32', shape: [1, features] },
        { dtype: 'f32', shape: [1, 8] },
      ],
    );
    const x = values.data.slice(0, features);
    const v = Float64Array.from(numbers(8, 3));
    const [slope = []] = evaluate(program, [...leaves.map(({ data }) => data), x, v]);
    // What the equation's own solver does in a moment.
    const { network } = translateLtc(layer, parameters, { values, dt });
    const moment = 1e-6;
    const moved = heldStep(network, v, x, moment).map((after, j) => (after - Number(v[j])) / moment);
    expect(distance(Array.from(slope, Number), moved)).toBeLessThan(1e-4);
  });

  it('refuses mixed memory', () => {
    const memory = ltc({ wiring, mixedMemory: true });
    const types = { dtype: 'f32' as const, shape: [1, features] };
    expect(() => trace((x) => ltcVectorField(memory, {}, x as Tensor)(x as Tensor), [types])).toThrow(/mixed memory/);
  });
});

describe('translateLtc', () => {
  const model = sequential([ltc({ wiring }), linear(1)]);
  const parameters = initialise(model, { features, seed: 5 });
  const inputs = { values, dt };

  it('runs the equation: many unfolds of the layer come to the same', async () => {
    const { equation } = translateLtc(model, parameters, inputs);
    const errors: number[] = [];
    for (const odeUnfolds of [100, 200]) {
      const fine = sequential([ltc({ wiring, odeUnfolds }), linear(1)]);
      const { states } = await observeLtc(fine, parameters, referenceBackend(), inputs);
      errors.push(distance(states.data, equation.data));
    }
    expect(errors[1]).toBeLessThan(2e-2);
    // The layer's method is of order 1.
    expect(Number(errors[0]) / Number(errors[1])).toBeGreaterThan(1.8);
  });

  it('goes to the equation as conductances are renewed more often', () => {
    const errors = [1, 10, 100].map((substeps) => translateLtc(model, parameters, inputs, { substeps }).largestError);
    expect(errors[0]).toBeLessThan(0.3);
    expect(errors[1]).toBeLessThan(Number(errors[0]) / 4);
    expect(errors[2]).toBeLessThan(Number(errors[1]) / 8);
  });

  it('is exact at once where no neuron reaches another', () => {
    const alone = { ...translateLtc(model, parameters, inputs).network };
    const network = { ...alone, synapses: alone.synapses.filter(({ sensory }) => sensory) };
    const x = values.data.slice(0, features);
    const start = new Float64Array(8).fill(0.3);
    expect(distance(heldStep(network, start, x, 1.3, 1), heldStep(network, start, x, 1.3, 50))).toBeLessThan(1e-12);
  });

  it('has the form of algorithm 1', () => {
    const { network, closedForm, equation } = translateLtc(model, parameters, inputs, { form: 'algorithm-1' });
    let clock = 0;
    for (let step = 0; step < time; step++) {
      clock += Number(dt.data[step]);
      const sums = new Float64Array(8);
      for (const { sensory, source, target, sigma, mu, reversal: a } of network.synapses) {
        const p = Number(sensory ? values.data[step * features + source] : equation.data[step * 8 + source]);
        const f = (q: number): number => 1 / (1 + Math.exp(-sigma * (q - mu)));
        const { leak, capacity } = network.neurons[target] ?? { leak: 0, capacity: 1 };
        sums[target] = Number(sums[target]) + (0 - a) * Math.exp(-clock * (leak / capacity + f(p))) * f(-p) + a;
      }
      expect(distance(closedForm.data.slice(step * 8, (step + 1) * 8), sums)).toBeLessThan(1e-12);
    }
  });

  it('refuses what has no closed form', () => {
    const memory = ltc({ wiring, mixedMemory: true });
    const own = initialise(memory, { features, seed: 1 });
    expect(() => translateLtc(memory, own, inputs)).toThrow(/mixed memory has no closed form/);
    expect(() => translateLtc(model, parameters, { ...inputs, lengths: [1, 2] })).toThrow(/are not translated/);
    expect(() => translateLtc(model, parameters, inputs, { substeps: 0 })).toThrow(/substeps is 0/);
    const second = sequential([linear(2), ltc({ units: 2 })]);
    expect(() => translateLtc(second, initialise(second, { features, seed: 1 }), inputs)).toThrow(/no LTC at "0"/);
  });
});
