/** Wirings: streams against NumPy, the rules that every drawn wiring keeps, values that cannot change, and bad input. */
import { isRheoError } from '@rheo/ir';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BuiltWiring, Wiring } from '../src/index.ts';
import {
  ablate,
  autoNcp,
  describeWiring,
  fullyConnected,
  layeredWiring,
  legacyRandom,
  ncp,
  numpyRandom,
  randomWiring,
  wiringFromDescription,
} from '../src/index.ts';

const circuit = {
  interNeurons: 6,
  commandNeurons: 5,
  motorNeurons: 3,
  sensoryFanout: 2,
  interFanout: 3,
  recurrentCommandSynapses: 4,
  motorFanin: 2,
};
const wirings: Readonly<Record<string, Wiring>> = {
  'fully connected': fullyConnected(5, { outputs: 2, selfConnections: false, seed: '1180591620717411315769' }),
  random: randomWiring(7, { sparsity: 0.4, seed: 3 }),
  ncp: ncp(circuit),
  'auto ncp, built twice': autoNcp(12, 3, { seed: 7, timesBuilt: 2 }),
  layered: layeredWiring({
    layers: [
      { name: 'retina', units: 4 },
      { name: 'middle', units: 3, type: 'command' },
      { name: 'muscles', units: 2 },
    ],
    connections: [
      { from: 'sensory', to: 'retina', fanIn: 1 },
      { from: 'retina', to: 'middle', fanOut: 2 },
      { from: 'middle', to: 'middle', random: 3 },
      { from: 'sensory', to: 'middle', synapses: [[1, 2, -1]] },
      { from: 'middle', to: 'muscles' },
    ],
    seed: 5,
  }),
};
const matrices = (built: BuiltWiring): number[][] => [[...built.adjacency()], [...built.sensoryAdjacency()]];
const nameOf = (built: BuiltWiring, id: number): string => built.neurons[id]?.name ?? '';
const layerOf = (name: string): string => name.replace(/_\d+$/, '');

describe('random streams', () => {
  it.each([
    ['4294967296', ['16412783775159424549', '10277383025879800780']],
    ['9007199254740993', ['1485286553981414482', '16057298039286844353']],
    ['1180591620717411315769', ['4244048844093750196', '10912758861836091429']],
    ['123456789012345678901234567890', ['6372204611448533116', '6194109736856590592']],
  ])('PCG64 of the seed %s', (seed, wanted) => {
    const random = numpyRandom(seed);
    expect([random.uint64(), random.uint64()].map(String)).toEqual(wanted);
    expect(numpyRandom(BigInt(seed)).uint64()).toBe(BigInt(wanted[0] ?? 0));
  });

  // NumPy 2.4: default_rng(seed).choice(count, size, replace=False); by Floyd's algorithm, and by a shuffled tail.
  it.each([
    [5, 12000, 300, [10191, 8490, 2699, 4875, 9644, 189], 118724882],
    [5, 12000, 200, [7582, 5143, 8836, 11053, 11, 5329], 77881433],
    [9, 10001, 10001, [3149, 4063, 7301, 9191, 2361, 7929], 4936892756],
    [3, 10000, 9999, [8993, 8547, 7268, 2947, 361, 5147], 4908510800],
    [1, 7, 7, [3, 0, 2, 4, 1, 6], 101],
  ])('choice with seed %i of %i, %i items', (seed, count, size, first, sum) => {
    const chosen = numpyRandom(seed).choose(count, size);
    expect(chosen.slice(0, 6)).toEqual(first);
    expect(chosen.reduce((total, item, index) => total + ((item * (index + 1)) % 1000003), 0)).toBe(sum);
  });

  it('draw nothing for one item', () => {
    const [legacy, numpy] = [legacyRandom(1), numpyRandom(1)];
    expect([legacy.below(1), numpy.below(1)]).toEqual([0, 0]);
    expect(legacy.uint32()).toBe(legacyRandom(1).uint32());
    expect(numpy.uint64()).toBe(numpyRandom(1).uint64());
  });
});

describe('an NCP', () => {
  const size = fc.integer({ min: 1, max: 8 });
  const sizes = fc.record({ inter: size, command: size, motor: size, inputs: size, seed: fc.nat(0xffffffff) });
  const fans = fc.record({ sensory: fc.nat(8), inter: fc.nat(8), recurrent: fc.nat(9), motor: fc.nat(8) });

  it('has synapses only where its layers allow them, and leaves nobody out', () => {
    fc.assert(
      fc.property(sizes, fans, ({ inter, command, motor, inputs, seed }, fan) => {
        const wiring = ncp({
          interNeurons: inter,
          commandNeurons: command,
          motorNeurons: motor,
          sensoryFanout: Math.min(fan.sensory, inter),
          interFanout: Math.min(fan.inter, command),
          recurrentCommandSynapses: fan.recurrent,
          motorFanin: Math.min(fan.motor, command),
          seed,
        });
        const built = wiring.build(inputs);
        const between = built.synapses().map(({ source, target }) => [nameOf(built, source), nameOf(built, target)]);
        const ways = new Set(between.map((names) => names.map(layerOf).join(' to ')));
        for (const way of ways) expect(['inter to command', 'command to command', 'command to motor']).toContain(way);
        const types = built.sensorySynapses().map(({ target }) => built.neurons[target]?.type);
        expect(types.every((type) => type === 'inter')).toBe(true);
        expect(new Set(built.sensorySynapses().map(({ target }) => target)).size).toBe(inter);
        const reached = new Set(between.filter(([from]) => from?.startsWith('inter')).map(([, to]) => to));
        const reaching = new Set(between.filter(([, to]) => to?.startsWith('motor')).map(([from]) => from));
        expect([reached.size, reaching.size]).toEqual([command, command]);
        expect(built.neurons.slice(0, motor).every(({ type }) => type === 'motor')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('written out as layers and connections is the same circuit', () => {
    const written = layeredWiring({
      layers: [
        { name: 'inter', units: 6 },
        { name: 'command', units: 5, type: 'command' },
        { name: 'motor', units: 3 },
      ],
      connections: [
        { from: 'sensory', to: 'inter', fanOut: 2 },
        { from: 'inter', to: 'command', fanOut: 3 },
        { from: 'command', to: 'command', random: 4 },
        { from: 'command', to: 'motor', fanIn: 2 },
      ],
    }).build(4);
    const built = ncp(circuit).build(4);
    expect(matrices(written)).toEqual(matrices(built));
    expect(written.neurons).toEqual(built.neurons);
    expect(written.layers).toEqual(built.layers);
  });
});

describe('a wiring of your own', () => {
  it('has any number of layers, outputs first in ids, and every synapse to the next layer by default', () => {
    const layers = ['a', 'b', 'c', 'd', 'e'].map((name, index) => ({ name, units: index + 1 }));
    const built = layeredWiring({ layers, outputs: 2 }).build(3);
    expect(built.layers.map(({ name, neurons }) => [name, neurons[0], neurons.length])).toEqual([
      ['a', 14, 1],
      ['b', 12, 2],
      ['c', 9, 3],
      ['d', 5, 4],
      ['e', 0, 5],
    ]);
    expect([built.synapseCount, built.sensorySynapseCount, built.outputs]).toEqual([2 + 6 + 12 + 20, 3, 2]);
    expect(built.neurons.slice(0, 3).map(({ type }) => type)).toEqual(['motor', 'motor', 'inter']);
  });

  it('has exactly the synapses that are given', () => {
    const built = layeredWiring({
      layers: [
        { name: 'in', units: 2 },
        { name: 'out', units: 1 },
      ],
      connections: [
        { from: 'sensory', to: 'in', synapses: [[2, 1, -1]] },
        { from: 'in', to: 'out', synapses: [[0, 0, 1]] },
        { from: 'out', to: 'in', synapses: [[0, 1, -1]] },
      ],
    }).build(3);
    expect(built.sensorySynapses()).toEqual([{ sensory: true, source: 2, target: 2, polarity: -1 }]);
    expect(built.synapses()).toEqual([
      { sensory: false, source: 0, target: 2, polarity: -1 },
      { sensory: false, source: 1, target: 0, polarity: 1 },
    ]);
  });
});

describe.each(Object.entries(wirings))('the wiring %s', (_name, wiring) => {
  it('is a value: built for other numbers of inputs, again, or shared, it stays the same', () => {
    const before = matrices(wiring.build(4));
    wiring.build(2);
    wiring.build(4).adjacency().fill(0);
    expect(wiring.build(4)).toBe(wiring.build(4));
    expect(matrices(wiring.build(4))).toEqual(before);
    expect(before.flat().some((polarity) => polarity !== 0)).toBe(true);
    for (const part of [wiring, wiring.config, wiring.neurons, wiring.layers, wiring.build(4)]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(wiring.build(2).sensoryAdjacency()).toHaveLength(2 * wiring.units);
  });

  it('comes back from JSON', () => {
    const { target } = wiring.build(4).sensorySynapses()[0] ?? { target: 0 };
    const source = wiring.build(4).sensorySynapses()[0]?.source ?? 0;
    for (const each of [wiring, ablate(wiring, [{ source, target, sensory: true }])]) {
      const description = describeWiring(each);
      const again = wiringFromDescription(JSON.parse(JSON.stringify(description)));
      expect(describeWiring(again)).toEqual(description);
      expect(matrices(again.build(4))).toEqual(matrices(each.build(4)));
      expect(again.neurons).toEqual(each.neurons);
    }
  });

  it('loses the synapses that are ablated and no other', () => {
    const built = wiring.build(4);
    const all = [...built.synapses(), ...built.sensorySynapses()];
    fc.assert(
      fc.property(fc.subarray(all), fc.subarray(all), (first, second) => {
        const less = ablate(ablate(wiring, first), second).build(4);
        const gone = new Set([...first, ...second]);
        expect([...less.synapses(), ...less.sensorySynapses()]).toEqual(all.filter((synapse) => !gone.has(synapse)));
      }),
      { numRuns: 20 },
    );
    expect(wiring.build(4).synapseCount).toBe(built.synapses().length);
  });
});

it('synapses are ablated by names', () => {
  const wiring = ncp(circuit);
  const built = wiring.build(4);
  const [inner] = built.synapses();
  const [sensory] = built.sensorySynapses();
  const less = ablate(wiring, [
    { source: nameOf(built, inner?.source ?? 0), target: nameOf(built, inner?.target ?? 0) },
    { source: `sensory_${sensory?.source}`, target: nameOf(built, sensory?.target ?? 0) },
  ]).build(4);
  expect(less.synapses()).toEqual(built.synapses().slice(1));
  expect(less.sensorySynapses()).toEqual(built.sensorySynapses().slice(1));
});

const twoLayers = [
  { name: 'a', units: 2 },
  { name: 'b', units: 3 },
];
const connected = (connection: object): (() => unknown) => {
  return () => layeredWiring({ layers: twoLayers, connections: [connection] as never });
};
const bad: Readonly<Record<string, readonly [() => unknown, RegExp, string?]>> = {
  'no units': [() => fullyConnected(0), /units is 0.*at least 1/],
  'broken units': [() => randomWiring(2.5), /units is 2.5/],
  'too many units': [() => fullyConnected(10000), /10000 units.* possible synapses.*smaller layers/],
  'too many inputs': [() => fullyConnected(10).build(2 ** 26), /inputs with 10 units/],
  'no inputs': [() => fullyConnected(3).build(0), /cannot have 0 inputs/],
  'more outputs than units': [() => fullyConnected(3, { outputs: 4 }), /4 outputs of 3 units.*at most 3/],
  'an unknown option': [() => fullyConnected(3, { output: 2 } as never), /no option "output".*"outputs"/],
  'options that are none': [() => autoNcp(12, 3, 7 as never), /options are 7.*seed/],
  'sparsity of 1': [() => randomWiring(3, { sparsity: 1 }), /sparsity is 1.*not including 1/],
  'no sparsity': [() => autoNcp(12, 3, { sparsity: 0 }), /sparsity is 0.*0.1 to 1/],
  'too many outputs': [() => autoNcp(12, 10), /less than units - 2 \(12 units, 10 outputs\).*13 units/],
  'a seed below zero': [() => autoNcp(12, 3, { seed: -1 }), /seed is -1/],
  'a seed beyond 32 bits': [() => ncp({ ...circuit, seed: 2 ** 32 }), /seed is 4294967296/],
  'a seed beyond exact numbers': [() => fullyConnected(2, { seed: 2 ** 60 }), /seed.*text of digits/],
  'a seed of a stream': [() => legacyRandom(-1), /seed is -1/],
  'another seed of a stream': [() => numpyRandom(-1n), /seed is -1/],
  'motor fan-in': [() => ncp({ ...circuit, motorFanin: 6 }), /motorFanin is 6 but there are only 5 command neurons/],
  'sensory fan-out': [() => ncp({ ...circuit, sensoryFanout: 7 }), /sensoryFanout is 7 but there are only 6 inter/],
  'inter fan-out': [() => ncp({ ...circuit, interFanout: 6 }), /interFanout is 6 but there are only 5 command/],
  'a number that is missing': [() => ncp({ interNeurons: 2 } as never), /commandNeurons is missing/],
  'no layers': [() => layeredWiring({ layers: [] }), /no layers/],
  'two layers of one name': [() => layeredWiring({ layers: [...twoLayers, { name: 'a', units: 1 }] }), /called "a"/],
  'a layer called sensory': [() => layeredWiring({ layers: [{ name: 'sensory', units: 1 }] }), /name is "sensory"/],
  'outputs beyond the last layer': [() => layeredWiring({ layers: twoLayers, outputs: 4 }), /4 outputs in a last/],
  'from an unknown layer': [connected({ from: 'c', to: 'b' }), /connection 0: no layer "c"/],
  'to the inputs': [connected({ from: 'a', to: 'sensory' }), /no layer "sensory"/],
  'two ways at once': [connected({ from: 'a', to: 'b', fanOut: 1, fanIn: 1 }), /fanOut and fanIn/],
  'a fan-out beyond its layer': [connected({ from: 'a', to: 'b', fanOut: 4 }), /is 4 but there are only 3/],
  'a fan-in beyond its layer': [connected({ from: 'a', to: 'b', fanIn: 3 }), /is 3 but there are only 2/],
  'a polarity of 2': [connected({ from: 'a', to: 'b', synapses: [[0, 0, 2]] }), /\[0,0,2\] is no synapse/],
  'a place beyond its layer': [connected({ from: 'a', to: 'b', synapses: [[2, 0, 1]] }), /\[2,0,1\] is no synapse/],
  'a synapse that is none': [connected({ from: 'a', to: 'b', synapses: [null] }), /null is no synapse/],
  'an input that is not there': [
    () =>
      layeredWiring({ layers: twoLayers, connections: [{ from: 'sensory', to: 'a', synapses: [[5, 0, 1]] }] }).build(3),
    /sensory synapse originating in 5 if input has only 3 features/,
  ],
  'fewer inputs than a fan-in': [
    () => layeredWiring({ layers: twoLayers, connections: [{ from: 'sensory', to: 'a', fanIn: 3 }] }).build(2),
    /fanIn from "sensory" to "a" is 3/,
  ],
  'ablating in no wiring': [() => ablate({ ablated: [] } as never, []), /no wiring/],
  'ablating an unknown neuron': [() => ablate(ncp(circuit), [{ source: 'inter_9', target: 0 }]), /no neuron "inter_9"/],
  'ablating an id beyond': [() => ablate(ncp(circuit), [{ source: 0, target: 14 }]), /no neuron 14.*0 to 13/],
  'ablating what is not there': [
    () => ablate(ncp(circuit), [{ source: 'motor_0', target: 'inter_0' }]).build(2),
    /no synapse from neuron 0 to neuron 8/,
  ],
  'ablating an input beyond': [
    () => ablate(fullyConnected(3), [{ source: 'sensory_2', target: 0 }]).build(2),
    /no synapse from input 2/,
  ],
  'a description that is none': [() => wiringFromDescription(7), /must be an object/, 'format'],
  'a description without options': [() => wiringFromDescription({ kind: 'ncp' }), /must be an object/, 'format'],
  'an unknown kind': [() => wiringFromDescription({ kind: 'ncpp', config: {} }), /no kind "ncpp".*"ncp"/],
  'a kind of every object': [() => wiringFromDescription({ kind: 'toString', config: {} }), /no kind "toString"/],
  'ablated that is no list': [
    () => wiringFromDescription({ ...describeWiring(fullyConnected(2)), ablated: 3 }),
    /ablated is no array/,
    'format',
  ],
  'ablated that is no synapse': [
    () => wiringFromDescription({ ...describeWiring(fullyConnected(2)), ablated: [{ source: 1 }] }),
    /ablated synapse/,
    'format',
  ],
};

it.each(Object.entries(bad))('refuses %s', (_name, [attempt, message, code = 'argument']) => {
  let found: unknown;
  try {
    attempt();
  } catch (error) {
    found = error;
  }
  expect(isRheoError(found) && found.code, String(found)).toBe(code);
  expect(String(found)).toMatch(message);
  expect((found as Error).message).toMatch(/^@rheo\/layers: /);
});
