/** Saliency against differences in double, states against predictions of prefixes, diagrams against the numbers used. */
import { readFileSync } from 'node:fs';
import * as backendWasm from '@rheo/backend-wasm';
import { wasm } from '@rheo/backend-wasm';
import type { Parameter, Tree } from '@rheo/core';
import { flattenTree, unflattenTree } from '@rheo/core';
import { referenceBackend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { HostInputs, Layer } from '../src/index.ts';
import * as layersApi from '../src/index.ts';
import {
  autoNcp,
  bidirectional,
  cfc,
  forwardFill,
  fullyConnected,
  initialise,
  linear,
  lstm,
  ltc,
  observe,
  odeRnn,
  predict,
  saliency,
  sequential,
  wiringDiagram,
  wiringDiagrams,
} from '../src/index.ts';
import { distance, numbers, run } from './run-model.ts';

const [batch, time, features] = [2, 4, 3];
const shape = [batch, time, features];
const values = { dtype: 'f32', shape, data: numbers(batch * time * features, 1) };
const dt = { dtype: 'f32', shape: [batch, time], data: numbers(batch * time, 2).map(Math.abs) };
const wiring = autoNcp(8, 2, { seed: 3 });
const small = { units: 4, backboneUnits: 3 } as const;

function asLists(parameters: Tree<Parameter>): number[][] {
  return flattenTree(parameters).leaves.map(({ data }) => Array.from(data));
}

describe('saliency', () => {
  const cases: Readonly<Record<string, readonly [Layer, HostInputs, { output?: number; step?: number }]>> = {
    cfc: [sequential([cfc(small), linear(2)]), { values, dt }, { output: 1 }],
    'an earlier step': [cfc(small), { values, dt }, { output: 2, step: 1 }],
    'an LTC': [ltc({ wiring }), { values, dt }, { output: 1 }],
    lengths: [sequential([cfc(small), linear(1)]), { values, dt, lengths: [2, 4] }, {}],
    'the last output only': [cfc({ ...small, returnSequences: false }), { values }, { output: 3 }],
    'no state': [linear(2), { values }, { step: 2 }],
    'features that were not observed': [
      sequential([forwardFill(), cfc(small)]),
      { values, mask: { dtype: 'f32', shape, data: values.data.map((_, i) => (i % 3 === 1 ? 0 : 1)) } },
      {},
    ],
  };

  it.each(Object.entries(cases))('is the derivative: %s', async (_, [model, inputs, options]) => {
    const parameters = initialise(model, { features, seed: 5 });
    const weights = asLists(parameters);
    const seen = await saliency(model, parameters, referenceBackend(), inputs, options);
    expect(seen.gradient.shape).toEqual(shape);
    const observed = inputs.mask?.data.length === values.data.length ? inputs.mask.data : undefined;
    const outputAt = (data: number[], row: number): number => {
      const { outputs } = run(model, weights, { ...inputs, values: { shape, data } } as never);
      const width = model.build(features).outputs;
      const steps = outputs.length / (batch * width);
      const { output = 0, step = steps - 1 } = options;
      return outputs[(row * steps + step) * width + output] ?? Number.NaN;
    };
    const h = 1e-5;
    const wanted = values.data.map((_x, index) => {
      if (observed?.[index] === 0) return 0;
      const row = Math.floor(index / (time * features));
      const moved = (by: number): number[] => values.data.map((x, at) => (at === index ? x + by : x));
      return (outputAt(moved(h), row) - outputAt(moved(-h), row)) / (2 * h);
    });
    expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(1e-4);
    expect(distance(seen.gradient.data, wanted)).toBeLessThan(1e-5);
    expect(distance(seen.magnitude.data, wanted.map(Math.abs))).toBeLessThan(1e-5);
  });

  it('gives the outputs of predict, the same on wasm, and leaves nothing behind', async () => {
    const model = sequential([ltc({ wiring }), linear(1)]);
    const parameters = initialise(model, { features, seed: 5 });
    const backend = await wasm();
    const seen = await saliency(model, parameters, backend, { values, dt });
    expect(backend.liveTensors).toBe(0);
    const reference = await saliency(model, parameters, referenceBackend(), { values, dt });
    expect(distance(seen.gradient.data, reference.gradient.data)).toBeLessThan(1e-5);
    const { outputs } = await predict(model, parameters, backend, { values, dt });
    expect(distance(seen.outputs.data, outputs.data)).toBeLessThan(1e-6);
    await backend.dispose();
  });

  it('refuses outputs and steps that are not there', async () => {
    const model = cfc(small);
    const parameters = initialise(model, { features, seed: 1 });
    const of = (options: object, layer: Layer = model): Promise<unknown> =>
      saliency(layer, parameters, referenceBackend(), { values }, options);
    await expect(of({ output: 4 })).rejects.toThrow(/no output 4.*has 4, counted from 0/);
    await expect(of({ step: 4 })).rejects.toThrow(/no step 4/);
    await expect(of({ step: -1 })).rejects.toThrow(/no step -1/);
    await expect(of({ step: 3 }, cfc({ ...small, returnSequences: false }))).rejects.toThrow(/only its last output/);
  });
});

describe('observe', () => {
  it('gives the states of all layers, those of the last step being the final ones', async () => {
    const model = sequential([
      linear(4),
      bidirectional(lstm({ units: 3 })),
      cfc({ wiring, mixedMemory: true }),
      ltc({ wiring, mixedMemory: true, returnSequences: false }),
      linear(1),
    ]);
    const parameters = initialise(model, { features, seed: 5 });
    const backend = await wasm();
    const seen = await observe(model, parameters, backend, { values, dt });
    expect(seen.map(({ path, kind }) => [path, kind])).toEqual([
      ['1/forward', 'lstm'],
      ['1/backward', 'lstm'],
      ['2', 'cfc'],
      ['3', 'ltc'],
    ]);
    const { state } = await predict(model, parameters, backend, { values, dt });
    const finals = new Map(flattenTree(state).paths.map((path, index) => [path, flattenTree(state).leaves[index]]));
    for (const { path, states } of seen) {
      expect(Object.keys(states)).toEqual(expect.arrayContaining(['h', 'c']));
      for (const [name, { data, shape: found }] of Object.entries(states)) {
        const width = found[2] ?? 0;
        expect(found.slice(0, 2)).toEqual([batch, time]);
        // Who reads from the end is done at the first step.
        const end = path.endsWith('backward') ? 0 : time - 1;
        const last = [0, 1].flatMap((row) => [
          ...data.slice((row * time + end) * width, (row * time + end + 1) * width),
        ]);
        expect(distance(last, finals.get(`${path}/${name}`)?.data ?? [])).toBeLessThan(1e-6);
      }
    }
    expect(seen[2]?.neurons?.[0]).toBe('inter_0');
    expect(seen[3]?.neurons?.[0]).toBe('motor_0');
    expect(seen[0]?.neurons).toBeUndefined();
    expect(seen[0]?.ltc).toBeUndefined();
    expect(distance(seen[3]?.ltc?.states.data ?? [], seen[3]?.states['h']?.data ?? [])).toBeLessThan(1e-6);
    expect(seen[3]?.ltc?.timeConstants.shape).toEqual([batch, time, 8]);
    expect(backend.liveTensors).toBe(0);
    await backend.dispose();
  });

  it.each([
    ['cfc', cfc({ ...small, zeroOutputForMask: true })],
    ['ltc', ltc({ units: 4, zeroOutputForMask: true })],
  ])('repeats the state on steps that do not count, also where the output there is 0: %s', async (_, model) => {
    const parameters = initialise(model, { features, seed: 5 });
    const [seen] = await observe(model, parameters, referenceBackend(), { values, lengths: [2, 4] });
    for (const states of [seen?.states['h'], seen?.ltc?.states]) {
      if (states === undefined) continue;
      const at = (step: number): number[] => [...states.data.slice(4 * step, 4 * step + 4)];
      expect(at(2)).toEqual(at(1));
      expect(at(7)).not.toEqual(at(6));
    }
  });

  it('leaves out what an adaptive solver counts', async () => {
    const model = odeRnn({ units: 4, solver: 'dormand-prince' });
    const parameters = initialise(model, { features, seed: 5 });
    const [seen] = await observe(model, parameters, referenceBackend(), { values, dt });
    expect(Object.keys(seen?.states ?? {})).toEqual(['h']);
    expect(seen?.states['h']?.shape).toEqual([batch, time, 4]);
    const { gradient } = await saliency(model, parameters, referenceBackend(), { values, dt });
    expect(Math.max(...gradient.data.map(Math.abs))).toBeGreaterThan(1e-3);
  });

  it('refuses a model without states', async () => {
    const parameters = initialise(linear(2), { features, seed: 1 });
    await expect(observe(linear(2), parameters, referenceBackend(), { values })).rejects.toThrow(/no recurrent layer/);
  });
});

describe('wiringDiagram', () => {
  it('has the neurons and trained synapses of an LTC, behind other layers too', () => {
    const model = sequential([linear(5), ltc({ wiring }), linear(1)]);
    const parameters = initialise(model, { features, seed: 5 });
    const diagram = wiringDiagram(model, parameters);
    const built = wiring.build(5);
    expect(diagram.path).toBe('1');
    expect(diagram.layers.map(({ name, neurons }) => [name, neurons.length])).toEqual([
      ['sensory', 5],
      ...built.layers.map((layer) => [layer.name, layer.neurons.length]),
    ]);
    expect(diagram.synapses).toHaveLength(built.synapseCount + built.sensorySynapseCount);
    const named = new Map(diagram.synapses.map((synapse) => [`${synapse.source} ${synapse.target}`, synapse]));
    const { w, erev } = (parameters as unknown as readonly Record<string, Parameter>[])[1] ?? {};
    for (const { source, target, polarity } of built.synapses()) {
      const names = [source, target].map((id) => built.neurons[id]?.name);
      const found = named.get(names.join(' '));
      expect(found).toMatchObject({ polarity, drawn: polarity });
      expect(found?.weight).toBeCloseTo(Math.log1p(Math.exp(w?.data[source * 8 + target] ?? 0)), 5);
      expect(Math.sign(erev?.data[source * 8 + target] ?? 0)).toBe(polarity);
    }
    const weights = diagram.synapses.map(({ weight }) => weight);
    expect(weights).toEqual([...weights].sort((a, b) => a - b));
    expect(JSON.parse(JSON.stringify(diagram))).toEqual(diagram);
  });

  it('shows polarities that training turned', () => {
    const model = ltc({ wiring });
    const { leaves, structure, paths } = flattenTree(initialise(model, { features, seed: 5 }));
    const turned = leaves.map((leaf, index) =>
      /erev$/.test(paths[index] ?? '') ? { ...leaf, data: leaf.data.map((x) => -x) } : leaf,
    );
    const { synapses } = wiringDiagram(model, unflattenTree(structure, turned));
    for (const { polarity, drawn } of synapses) expect(polarity).toBe(drawn === 1 ? -1 : 1);
  });

  it.each(['ncps-torch', 'ncps-keras'] as const)('has the synapses that a wired CfC uses, as %s', (variant) => {
    const model = cfc({ wiring, variant });
    const parameters = initialise(model, { features, seed: 5 });
    const { synapses, layers } = wiringDiagram(model, parameters);
    const built = wiring.build(features);
    expect(layers.map(({ name }) => name)).toEqual(['sensory', ...built.layers.map(({ name }) => name)]);
    const layerOf = new Map(layers.flatMap(({ neurons }, index) => neurons.map(({ name }) => [name, index])));
    for (const { source, target } of synapses) expect(layerOf.get(target)).toBe(Number(layerOf.get(source)) + 1);
    // The first input's synapses, from the kernels of the first layer.
    const first = built.layers[0]?.neurons ?? [];
    const { ff1, ff2 } = (parameters as unknown as { layers: Record<string, { kernel: Parameter }>[] }).layers[0] ?? {};
    first.forEach((id, column) => {
      const drawn = built.sensoryAdjacency()[id] ?? 0;
      const found = synapses.find(({ source, target }) => source === 'sensory_0' && target === built.neurons[id]?.name);
      if (drawn === 0) {
        expect(found).toBeUndefined();
        return;
      }
      const mean = (Number(ff1?.kernel.data[column]) + Number(ff2?.kernel.data[column])) / 2;
      const strength = variant === 'ncps-keras' ? mean * drawn : mean;
      expect(Number(found?.weight) * Number(found?.polarity)).toBeCloseTo(strength, 6);
    });
  });

  it('knows memory in front, other sizes, no wiring, and several layers', () => {
    for (const mixedMemory of ['off', 'before-state', 'before-input'] as const) {
      for (const model of [ltc({ wiring, mixedMemory }), cfc({ wiring, mixedMemory })]) {
        const { layers } = wiringDiagram(model, initialise(model, { features, seed: 1 }));
        expect(layers[0]?.neurons).toHaveLength(mixedMemory === 'before-input' ? 8 : features);
      }
    }
    const free = ltc({ units: 3, variant: 'official-tf' });
    const all = wiringDiagram(free, initialise(free, { features, seed: 1 }));
    expect(all.synapses).toHaveLength(3 * 3 + features * 3);
    expect(all.synapses.every(({ drawn }) => drawn === undefined)).toBe(true);
    const two = sequential([bidirectional(ltc({ wiring: fullyConnected(2) })), cfc({ wiring })]);
    const parameters = initialise(two, { features, seed: 1 });
    expect(wiringDiagrams(two, parameters).map(({ path }) => path)).toEqual(['0/forward', '0/backward', '1']);
    expect(() => wiringDiagram(two, parameters)).toThrow(/several wired layers.*"0\/forward" or/);
    expect(wiringDiagram(two, parameters, { layer: '1' }).kind).toBe('cfc');
    expect(() => wiringDiagram(linear(1), initialise(linear(1), { features, seed: 1 }))).toThrow(/no wired layer/);
  });

  it('checks the parameters', () => {
    expect(() => wiringDiagram(ltc({ wiring }), {})).toThrow(/sensory_w is missing/);
    const other = initialise(ltc({ units: 9 }), { features, seed: 1 });
    expect(() => wiringDiagram(ltc({ wiring }), other)).toThrow(/is \[.*9\], not \[.*8\]/);
  });
});

it('the example of the README runs and prints what it says', async () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const body = (blocks.find((code) => code.includes('saliency(')) ?? '')
    .replace(/import \{([^}]+)\} from '@rheo\/backend-wasm';/, 'const {$1} = backendWasm;')
    .replace(/import \{([^}]+)\} from '@rheo\/layers';/, 'const {$1} = layersApi;');
  const logged: unknown[] = [];
  const run = new Function('backendWasm', 'layersApi', 'console', `return (async () => {${body}})();`);
  await run(backendWasm, layersApi, { log: (...items: unknown[]) => logged.push(...items) });
  expect(logged.slice(0, 5)).toEqual([[1, 2, 3], true, '0', [1, 2, 12], 'inter_0']);
  expect(logged[5]).toEqual(['sensory', 'inter', 'command', 'motor']);
  expect(Object.keys(logged[6] as object)).toEqual(['source', 'target', 'polarity', 'drawn', 'weight']);
});
