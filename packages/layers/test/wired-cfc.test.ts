/** CfC over a wiring: what its masks let through, the order of its state, its forms and what they refuse. */
import { flattenTree } from '@rheo/core';
import { isRheoError } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../src/index.ts';
import { ablate, autoNcp, cfc, describeWiring, fullyConnected, initialise, layeredWiring, ncp } from '../src/index.ts';
import { distance, filled, numbers, run, someParameters } from './run-model.ts';

const features = 3;
const values = filled([2, 4, features], 1);
const wiring = autoNcp(12, 3, { seed: 7 });

/** Outputs after each parameter in turn is changed at one place, by path and place. */
function changes(model: Layer, path: string): boolean[] {
  const { paths } = flattenTree(initialise(model, { features, seed: 3 }));
  const at = paths.indexOf(path);
  const parameters = someParameters(model, features);
  const before = run(model, parameters, { values }).outputs;
  return (parameters[at] ?? []).map((x, place) => {
    const changed = parameters.map((data, index) => (index === at ? data.with(place, x + 0.5) : data));
    return distance(run(model, changed, { values }).outputs, before) > 0;
  });
}

describe('a wired CfC', () => {
  it('has a cell for each layer, its state in the order of layers, and the motor neurons as output', () => {
    const built = cfc({ wiring }).build(features);
    expect(built).toMatchObject({ outputs: 3, units: 12 });
    const { paths, leaves } = flattenTree(built.parameters);
    expect(paths.filter((path) => path.endsWith('ff1/kernel'))).toEqual([0, 1, 2].map((l) => `layers/${l}/ff1/kernel`));
    const shapes = leaves.filter((_, index) => paths[index]?.endsWith('time_a/kernel')).map(({ type }) => type.shape);
    expect(shapes).toEqual([
      [features + 6, 6],
      [6 + 3, 3],
      [3 + 3, 3],
    ]);
    const { outputs, state } = run(cfc({ wiring }), someParameters(cfc({ wiring }), features), { values });
    const last = [0, 1].flatMap((row) => (state['h'] ?? []).slice(row * 12 + 9, row * 12 + 12));
    expect([0, 1].flatMap((row) => outputs.slice((row * 4 + 3) * 3, (row * 4 + 4) * 3))).toEqual(last);
  });

  it('feels a weight of a head only where a synapse or the own state is, and of a gate everywhere', () => {
    const built = wiring.build(features);
    const inter = built.layers[0]?.neurons ?? [];
    const sensory = built.sensoryAdjacency();
    const wanted = Array.from({ length: features + 6 }, (_, row) =>
      inter.map((id) => row >= features || sensory[row * 12 + id] !== 0),
    ).flat();
    // A layer that reaches the output in full, so that every weight shows.
    const open = layeredWiring({
      layers: [
        { name: 'first', units: 6 },
        { name: 'out', units: 2 },
      ],
      connections: [
        {
          from: 'sensory',
          to: 'first',
          synapses: built.sensorySynapses().map(({ source, target }) => [source, target - 6, -1] as const),
        },
        { from: 'first', to: 'out' },
      ],
    });
    for (const mode of ['default', 'no_gate'] as const) {
      expect(changes(cfc({ wiring: open, mode }), 'layers/0/ff1/kernel')).toEqual(wanted);
      expect(changes(cfc({ wiring: open, mode }), 'layers/0/ff2/kernel')).toEqual(wanted);
      expect(changes(cfc({ wiring: open, mode }), 'layers/0/time_a/kernel').every(Boolean)).toBe(true);
    }
    expect(changes(cfc({ wiring: open, mode: 'pure' }), 'layers/0/ff1/kernel')).toEqual(wanted);
  });

  it('passes new activity on in the same step', () => {
    const model = cfc({ wiring });
    const one = filled([1, 1, features], 5);
    const parameters = someParameters(model, features);
    const other = run(model, parameters, { values: filled([1, 1, features], 6) }).outputs;
    expect(distance(run(model, parameters, { values: one }).outputs, other)).toBeGreaterThan(1e-4);
  });

  it('is the dense CfC without backbone when its wiring is one full layer', () => {
    const dense = cfc({ units: 5, backboneLayers: 0 });
    const wired = cfc({ wiring: fullyConnected(5) });
    const parameters = someParameters(dense, features);
    const dt = { shape: [2, 4, 5], data: numbers(40, 3).map(Math.abs) };
    expect(run(wired, parameters, { values, dt })).toEqual(run(dense, parameters, { values, dt }));
  });

  it('takes a time per unit in the order of its state', () => {
    const model = cfc({ wiring });
    const parameters = someParameters(model, features);
    const at = (unit: number): number[] =>
      run(model, parameters, {
        values: filled([1, 1, features], 1),
        dt: { shape: [1, 1, 12], data: numbers(12, 1).map((_, index) => (index === unit ? 2 : 1)) },
      }).state['h'] ?? [];
    const even = at(-1);
    // A slower motor neuron changes itself alone; an inter neuron changes what it reaches, too.
    expect(at(10).flatMap((x, index) => (x === even[index] ? [] : [index]))).toEqual([10]);
    expect(at(0)[0]).not.toBe(even[0]);
    expect(at(0)[1]).toBe(even[1]);
  });

  it('turns weights at inhibiting synapses in the form of Keras only', () => {
    const signed = cfc({ wiring, variant: 'ncps-keras', headActivation: 'tanh', gateSign: '+' });
    const parameters = someParameters(signed, features);
    const plain = run(cfc({ wiring, variant: 'ncps-torch' }), parameters, { values }).outputs;
    expect(distance(run(signed, parameters, { values }).outputs, plain)).toBeGreaterThan(1e-3);
    const turned = cfc({ wiring, variant: 'ncps-keras', headActivation: 'tanh', gateSign: '+', maskSign: 'absolute' });
    expect(run(turned, parameters, { values }).outputs).toEqual(plain);
  });

  it('gives out the outputs of a wiring of one layer, all of the layer where ncps-torch is named', () => {
    const one = fullyConnected(6, { outputs: 2 });
    const widths = [{}, { variant: 'ncps-torch' }, { variant: 'ncps-keras' }, { readout: 'last-layer' }] as const;
    expect(widths.map((options) => cfc({ wiring: one, ...options }).build(3).outputs)).toEqual([2, 6, 2, 6]);
    expect(cfc({ wiring, variant: 'ncps-torch' }).build(3).outputs).toBe(3);
  });

  it('builds its wiring for the units where a memory stands before the input', () => {
    const before = cfc({ wiring, mixedMemory: 'before-input' }).build(features);
    const shapes = Object.fromEntries(
      flattenTree(before.parameters).paths.map((path, index) => [
        path,
        flattenTree(before.parameters).leaves[index]?.type.shape,
      ]),
    );
    expect(shapes['layers/0/ff1/kernel']).toEqual([12 + 6, 6]);
    expect(shapes['lstm/input/kernel']).toEqual([features, 48]);
  });

  it('loses the effect of an ablated synapse and nothing else', () => {
    const circuit = ncp({
      interNeurons: 2,
      commandNeurons: 2,
      motorNeurons: 1,
      sensoryFanout: 2,
      interFanout: 2,
      recurrentCommandSynapses: 0,
      motorFanin: 2,
    });
    const path = 'layers/0/ff1/kernel';
    expect(changes(cfc({ wiring: circuit }), path).filter((felt) => !felt)).toHaveLength(0);
    const less = ablate(circuit, [{ source: 'sensory_1', target: 'inter_0' }]);
    expect(changes(cfc({ wiring: less }), path).flatMap((felt, place) => (felt ? [] : [place]))).toEqual([2]);
  });

  it('may share its wiring with another layer', () => {
    const alone = cfc({ wiring: autoNcp(12, 3, { seed: 7 }) });
    const shared = autoNcp(12, 3, { seed: 7 });
    cfc({ wiring: shared }).build(5);
    cfc({ wiring: shared, mode: 'pure' }).build(features);
    const parameters = someParameters(alone, features);
    expect(run(cfc({ wiring: shared }), parameters, { values })).toEqual(run(alone, parameters, { values }));
  });
});

const bad: Readonly<Record<string, readonly [object, RegExp]>> = {
  'units beside a wiring': [{ wiring, units: 12 }, /cannot use units with a wiring/],
  'a backbone': [{ wiring, backboneUnits: 8 }, /cannot use backboneUnits with a wiring.*no backbone/],
  'dropout of a backbone': [{ wiring, backboneDropout: 0 }, /cannot use backboneDropout/],
  'no wiring': [{ wiring: undefined }, /wiring is missing.*autoNcp/],
  'a description in place of a wiring': [
    { wiring: describeWiring(wiring) },
    /wiring is an object.*wiringFromDescription/,
  ],
  'an unknown option': [{ wiring, maskSigns: 'signed' }, /no option "maskSigns".*"maskSign"/],
  'an unknown mode': [{ wiring, mode: 'pur' }, /mode is "pur".*"pure"/],
  'an unknown variant': [{ wiring, variant: 'ncps' }, /variant is "ncps"/],
};

it.each(Object.entries(bad))('cfc refuses %s', (_name, [options, message]) => {
  let found: unknown;
  try {
    cfc(options as never);
  } catch (error) {
    found = error;
  }
  expect(isRheoError(found) && found.code, String(found)).toBe('argument');
  expect(String(found)).toMatch(message);
});
