/** The LTC layer: forms, elapsed times, positivity, first values, masks, streaming, bad input. */
import { wasm } from '@rheo/backend-wasm';
import { flattenTree, gradient, inlineProgram, reduceSum, square, trace } from '@rheo/core';
import { evaluate, isRheoError } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Layer, LtcOptions } from '../src/index.ts';
import {
  autoNcp,
  describe as describeModel,
  floatArray,
  fullyConnected,
  initialise,
  linear,
  ltc,
  ltcVariants,
  modelFromDescription,
  ncp,
  predict,
  randomWiring,
  sequential,
  stream,
} from '../src/index.ts';
import type { Inputs } from './run-model.ts';
import { distance, filled, numbers, run, traced } from './run-model.ts';

const [batch, time, features] = [2, 3, 2];
const values = filled([batch, time, features], 1);
const dt = { shape: [batch, time], data: [0.3, 0, 1.2, 0.7, 0.1, 2] };
const wiring = ncp({
  interNeurons: 3,
  commandNeurons: 2,
  motorNeurons: 1,
  sensoryFanout: 2,
  interFanout: 1,
  recurrentCommandSynapses: 2,
  motorFanin: 1,
});

/** Parameters as they start, moved a little so that no two are equal. */
function someWeights(model: Layer, seed = 3): number[][] {
  return flattenTree(initialise(model, { features, seed })).leaves.map(({ data }, index) =>
    numbers(data.length, index).map((x, at) => Number(data[at]) + 0.1 * Math.abs(x)),
  );
}

function paths(model: Layer): readonly string[] {
  return flattenTree(model.build(features).parameters).paths;
}

/** Loss and gradients of parameters, values, state in double; with the loss as a function of the inputs. */
function differentiate(model: Layer, inputs: Inputs) {
  const { program: forward, arrays, parameters } = traced(model, inputs);
  const { program } = trace(
    (...operands) => {
      const results = inlineProgram(forward, operands as never);
      return results[0] === undefined ? [] : reduceSum(square(results[0]));
    },
    forward.params.map(({ type }) => type),
  );
  const data = [...someWeights(model), ...arrays].map((array) => Float64Array.from(array));
  const wrt = Array.from({ length: data.length }, (_, index) => index);
  const [, ...gradients] = evaluate(gradient(program, { of: 0, wrt }), data);
  return { data, gradients, names: parameters.paths, loss: () => Number(evaluate(program, data)[0]?.[0]) };
}

const gradientCases: Readonly<Record<string, readonly [LtcOptions, Inputs]>> = {
  'implicit, densely': [
    { units: 3, sparse: 'dense' },
    { values, dt },
  ],
  'explicit, over edges': [
    { wiring, sparse: 'edges', positivity: 'explicit' },
    { values, dt },
  ],
  'memory before the state': [
    { wiring, mixedMemory: true },
    { values, dt },
  ],
  'memory before the input': [
    { units: 3, variant: 'ncps-keras', mixedMemory: true },
    { values, dt },
  ],
  'official-tf': [
    { units: 3, variant: 'official-tf' },
    { values, dt },
  ],
  'no time at all': [
    { units: 3, odeUnfolds: 2 },
    { values, dt: { shape: [time], data: [0, 0, 0] } },
  ],
  'time per unit': [
    { units: 3, odeUnfolds: 2, inputMapping: 'linear', outputMapping: 'none' },
    { values, dt: { shape: [batch, time, 3], data: numbers(18, 4).map((x) => Math.max(x, 0)) } },
  ],
};

describe('gradients equal differences in double', () => {
  it.each(Object.entries(gradientCases))('%s', (_name, [options, inputs]) => {
    const start = filled([batch, options.units ?? wiring.units], 5);
    const states = options.mixedMemory === undefined ? [start] : [start, filled(start.shape, 6)];
    const { data, gradients, names, loss } = differentiate(ltc(options), { ...inputs, state: states });
    let largest = 0;
    data.forEach((array, index) => {
      // Times are differentiated too, but central differences would need times below zero.
      if (index === names.length + 1) return;
      array.forEach((x, at) => {
        const step = 1e-5;
        array[at] = x + step;
        const above = loss();
        array[at] = x - step;
        const below = loss();
        array[at] = x;
        const wanted = (above - below) / (2 * step);
        largest = Math.max(largest, Math.abs(wanted));
        const error = Math.abs(Number(gradients[index]?.[at]) - wanted);
        expect(error, `${names[index] ?? index}[${at}]`).toBeLessThan(1e-7 * Math.max(1, Math.abs(wanted)));
      });
    });
    expect(largest).toBeGreaterThan(1e-3);
  });

  it('also by the elapsed time, at zero from the right', () => {
    const { data, gradients, names, loss } = differentiate(ltc({ wiring }), { values, dt });
    const at = names.length + 1;
    const times = data[at] ?? new Float64Array();
    times.forEach((x, index) => {
      const step = 1e-6;
      const f = (shift: number): number => {
        times[index] = x + shift;
        const value = loss();
        times[index] = x;
        return value;
      };
      // Second order, one-sided.
      const wanted = (-3 * f(0) + 4 * f(step) - f(2 * step)) / (2 * step);
      expect(Math.abs(Number(gradients[at]?.[index]) - wanted), `dt[${index}]`).toBeLessThan(1e-6);
    });
  });
});

describe('edges and dense', () => {
  const wirings = {
    ncp: wiring,
    random: randomWiring(5, { outputs: 2, sparsity: 0.6, seed: 3 }),
    full: fullyConnected(4, { outputs: 1, selfConnections: false }),
    'almost empty': randomWiring(3, { outputs: 1, sparsity: 0.9 }),
  };
  it.each(Object.entries(wirings))('are equal, values and gradients: %s', (_name, given) => {
    const [dense, edges, auto] = (['dense', 'edges', 'auto'] as const).map((sparse) =>
      differentiate(ltc({ wiring: given, sparse }), { values, dt }),
    );
    if (dense === undefined || edges === undefined || auto === undefined) throw new Error('three forms');
    expect(edges.loss()).toBeCloseTo(dense.loss(), 12);
    dense.gradients.forEach((wanted, index) => {
      expect(distance(edges.gradients[index] ?? [], wanted)).toBeLessThan(1e-12);
      expect(distance(auto.gradients[index] ?? [], wanted)).toBeLessThan(1e-12);
    });
  });

  it('give absent synapses no gradient and no effect', () => {
    const model = ltc({ wiring });
    const { data, gradients, names, loss } = differentiate(model, { values, dt });
    const before = loss();
    const matrix = wiring.build(features).adjacency();
    for (const name of ['w', 'sigma', 'mu', 'erev']) {
      const index = names.indexOf(name);
      matrix.forEach((polarity, at) => {
        if (polarity !== 0) return;
        expect(gradients[index]?.[at]).toBe(0);
        (data[index] ?? [])[at] = 77;
      });
    }
    expect(loss()).toBe(before);
  });

  it('are chosen by density, each for its own synapses', () => {
    const ops = (model: Layer): string[] => {
      const found: string[] = [];
      const visit = (program: { readonly instructions: readonly unknown[] }): void => {
        for (const instruction of program.instructions as readonly { op: string; attributes: { body?: never } }[]) {
          found.push(instruction.op);
          if (instruction.attributes?.body !== undefined) visit(instruction.attributes.body);
        }
      };
      visit(traced(model, { values }).program);
      return found;
    };
    expect(ops(ltc({ wiring }))).toContain('scatter_add');
    expect(ops(ltc({ wiring, sparse: 'dense' }))).not.toContain('scatter_add');
    expect(ops(ltc({ units: 4 }))).not.toContain('scatter_add');
    expect(ops(ltc({ units: 4, sparse: 'edges' }))).toContain('scatter_add');
  });
});

describe('elapsed time', () => {
  it('of zero leaves the state as it is, also with capacity 0', () => {
    const model = ltc({ wiring, positivity: 'explicit', outputMapping: 'none' });
    const weights = someWeights(model);
    weights[paths(model).indexOf('cm')]?.fill(0, 0, 2);
    const state = [filled([batch, wiring.units], 7)];
    const still = run(model, weights, { values, dt: 0, state });
    expect(distance(still.state['h'] ?? [], state[0]?.data ?? [])).toBeLessThan(1e-15);
    expect(still.outputs.every(Number.isFinite)).toBe(true);
  });

  it('means the same in every form', () => {
    const model = ltc({ wiring });
    const weights = someWeights(model);
    const wanted = run(model, weights, { values, dt: 0.4 }).outputs;
    const forms = [[time], [batch, time], [batch, time, 1], [batch, time, wiring.units]];
    for (const shape of forms) {
      const data = new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0.4);
      expect(distance(run(model, weights, { values, dt: { shape, data } }).outputs, wanted)).toBeLessThan(1e-14);
    }
  });

  it('is moved by the variants of the authors', () => {
    const weights = someWeights(ltc({ units: 3, outputMapping: 'none' }));
    const at = (elapsedOffset: number, given: number): number[] => {
      const model = ltc({ units: 3, outputMapping: 'none', elapsedOffset });
      return run(model, weights, { values, dt: given }).outputs;
    };
    expect(distance(at(1, 0.5), at(0, 1.5))).toBeLessThan(1e-14);
    expect([ltcVariants['official-tf'].elapsedOffset, ltcVariants['official-torch'].elapsedOffset]).toEqual([1e-3, 1]);
  });

  it('keeps potentials between the smallest and largest of state, rest and reversal', () => {
    const model = ltc({ wiring, outputMapping: 'none' });
    const state = [{ shape: [batch, wiring.units], data: new Array<number>(batch * wiring.units).fill(0.5) }];
    const many = filled([batch, 40, features], 9);
    const weights = flattenTree(initialise(model, { features, seed: 1 })).leaves.map(({ data }) => Array.from(data));
    for (const x of run(model, weights, { values: many, dt: 3, state }).outputs) {
      expect(Math.abs(x)).toBeLessThanOrEqual(1);
    }
  });
});

describe('first values', () => {
  const first = (options: LtcOptions): Record<string, Float32Array> => {
    const model = ltc(options);
    const { leaves, paths: names } = flattenTree(initialise(model, { features, seed: 11 }));
    return Object.fromEntries(names.map((name, index) => [name, leaves[index]?.data ?? new Float32Array()]));
  };
  it('are those of the originals: ranges, and polarities of the wiring', () => {
    const found = first({ wiring });
    expect(found['erev']).toEqual(Float32Array.from(wiring.build(features).adjacency()));
    expect(found['sensory_erev']).toEqual(Float32Array.from(wiring.build(features).sensoryAdjacency()));
    expect(Math.min(...(found['sigma'] ?? []))).toBeGreaterThanOrEqual(3);
    expect(Math.max(...(found['sigma'] ?? []))).toBeLessThan(8);
    expect(found['input_w']).toEqual(new Float32Array(features).fill(1));
    expect(found['output_b']).toEqual(new Float32Array(1));
  });

  it('are random signs in the official variants', () => {
    const signs = [...(first({ units: 6, variant: 'official-torch' })['erev'] ?? [])];
    expect(new Set(signs)).toEqual(new Set([-1, 1]));
  });

  it('may be the same network under both forms of positivity', () => {
    const stored = first({ wiring, positivity: 'explicit' });
    const implicit = first({ wiring, initialValues: 'effective' });
    for (const name of ['w', 'sensory_w', 'cm', 'gleak']) {
      const effective = (implicit[name] ?? new Float32Array()).map((x) => Math.log1p(Math.exp(x)));
      expect(distance(effective, stored[name] ?? [])).toBeLessThan(1e-6);
    }
  });

  it('follow ranges', () => {
    const found = first({ wiring, initialisationRanges: { mu: [1, 2] } })['mu'] ?? [];
    expect(Math.min(...found)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...found)).toBeLessThan(2);
  });
});

describe('masks, streams, descriptions', () => {
  const stack = sequential([ltc({ wiring }), linear(2)]);
  it('masks and lengths hold the state', () => {
    const weights = someWeights(stack);
    const whole = run(stack, weights, { values, dt });
    const held = run(stack, weights, { values, dt, lengths: [3, 1] });
    const one = { shape: [batch, 1, features], data: [0, 1, 6, 7].map((at) => Number(values.data[at])) };
    const short = run(stack, weights, { values: one, dt: { shape: [batch, 1], data: [0.3, 0.7] } });
    const units = wiring.units;
    expect(held.state['0/h']?.slice(units)).toEqual(short.state['0/h']?.slice(units));
    expect(held.state['0/h']?.slice(0, units)).toEqual(whole.state['0/h']?.slice(0, units));
  });

  it.each(['ncps-torch', 'ncps-keras', 'official-tf', 'official-torch'] as const)(
    '%s streams on wasm',
    async (variant) => {
      const backend = await wasm();
      const model = sequential([ltc({ units: 5, variant, mixedMemory: true }), linear(1)]);
      const parameters = initialise(model, { features, seed: 2 });
      const whole = await predict(model, parameters, backend, {
        values: floatArray(values.data, [batch, time, features]),
        dt: floatArray(dt.data, [batch, time]),
      });
      const live = await stream(model, parameters, backend, { features, batch });
      for (let step = 0; step < time; step++) {
        const rows = Array.from({ length: batch }, (_, row) => row * time + step);
        const x = rows.flatMap((row) => Array.from(values.data).slice(row * features, (row + 1) * features));
        const output = live.step(
          x,
          rows.map((row) => Number(dt.data[row])),
        );
        expect(
          distance(
            output,
            rows.map((row) => Number(whole.outputs.data[row])),
          ),
        ).toBeLessThan(1e-6);
      }
      live.dispose();
      expect(backend.liveTensors).toBe(0);
      await backend.dispose();
    },
  );

  it.each([
    ltc({ units: 3 }),
    ltc({ wiring: autoNcp(8, 2), sparse: 'edges', mixedMemory: true }),
    ltc({ units: 3, variant: 'official-tf', initialisationRanges: { w: [0, 2] } }),
  ])('a description makes the same layer', (model) => {
    const again = modelFromDescription(JSON.parse(JSON.stringify(describeModel(model))));
    expect(describeModel(again)).toEqual(describeModel(model));
    expect(again.build(4)).toMatchObject({ parameters: model.build(4).parameters, outputs: model.build(4).outputs });
  });
});

describe('bad input', () => {
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['neither units nor wiring', () => ltc({}), /units is missing/],
    ['two sizes', () => ltc({ units: 4, wiring }), /units is 4, but the wiring has 6/],
    ['an unknown option', () => ltc({ units: 4, ode_unfolds: 3 } as never), /no option "ode_unfolds".*odeUnfolds/],
    ['an unknown mapping', () => ltc({ units: 4, inputMapping: 'afine' as never }), /Did you mean "affine"/],
    ['no unfolds', () => ltc({ units: 4, odeUnfolds: 0 }), /odeUnfolds is 0.*1 to 1000/],
    ['a negative epsilon', () => ltc({ units: 4, epsilon: -1 }), /epsilon is -1/],
    [
      'an unknown range',
      () => ltc({ units: 4, initialisationRanges: { weight: [0, 1] } as never }),
      /no range "weight"/,
    ],
    ['a negative range', () => ltc({ units: 4, initialisationRanges: { cm: [-1, 1] } }), /cm must be non-negative/],
    ['a range upside down', () => ltc({ units: 4, initialisationRanges: { mu: [2, 1] } }), /mu is not a valid range/],
    ['a wiring that is none', () => ltc({ wiring: { kind: 'star', config: {}, ablated: [] } as never }), /kind "star"/],
    [
      'times for other units',
      () => run(ltc({ units: 4 }), someWeights(ltc({ units: 4 })), { values, dt: filled([batch, time, 3], 1) }),
      /3 units, the layer has 4/,
    ],
  ];
  it.each(cases)('%s', (_name, make, message) => {
    let found: unknown;
    try {
      make();
    } catch (error) {
      found = error;
    }
    expect(isRheoError(found), String(found)).toBe(true);
    expect(String(found)).toMatch(message);
  });
});
