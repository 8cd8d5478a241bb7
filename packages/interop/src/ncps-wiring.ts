/**
 * Wirings of the originals: a class of ncps with its arguments, or the masks and matrices that a file carries.
 */

import type { Connection, Polarity, Wiring } from '@rheo/layers';
import { autoNcp, fullyConnected, layeredWiring, ncp, randomWiring, wiringFromDescription } from '@rheo/layers';
import type { ImportConfig } from './import-config.ts';
import { configError, printable } from './import-error.ts';

type Options = Readonly<Record<string, unknown>>;

/** The wiring of a configuration; undefined if it has none. Throws `argument`. */
export function wiringOfConfig(given: ImportConfig['wiring'], inputs: number): Wiring | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'object') {
    throw configError('the wiring is no object', 'wiring', 'Pass { class: "AutoNCP", args: { … } }');
  }
  if ('build' in given && typeof given.build === 'function') return given as Wiring;
  if ('kind' in given) return wiringFromDescription(given);
  const options = given as Options;
  const args = (options['args'] ?? options['config'] ?? {}) as Options;
  const name = String(options['class'] ?? options['class_name'] ?? '');
  if (Object.hasOwn(classes, name)) return wiringOfClass(name, args);
  const adjacency = options['adjacency_matrix'] ?? args['adjacency_matrix'];
  const sensory = options['sensory_adjacency_matrix'] ?? args['sensory_adjacency_matrix'];
  if (Array.isArray(adjacency) && Array.isArray(sensory)) {
    const outputs = Number(options['output_dim'] ?? args['output_dim'] ?? adjacency.length);
    return wiringOfMatrices(rows(adjacency), rows(sensory), outputs);
  }
  throw configError(
    `there is no wiring "${printable(name, 80)}" for ${inputs} inputs`,
    'wiring',
    `Pass { class, args } with a class of ${Object.keys(classes).join(', ')}, or adjacency_matrix and sensory_adjacency_matrix`,
  );
}

/** The wiring that a class of ncps makes of its arguments. Throws `argument` for an unknown class or a broken rule. */
export function wiringOfClass(name: string, args: Options): Wiring {
  const make = Object.hasOwn(classes, name) ? classes[name] : undefined;
  if (make !== undefined) return make(args);
  const known = Object.keys(classes).join(', ');
  throw configError(`there is no wiring "${printable(name, 80)}"`, 'wiring', `The classes of ncps are ${known}`);
}

const classes: Readonly<Record<string, (args: Options) => Wiring>> = {
  FullyConnected: (args) =>
    fullyConnected(number(args, 'units'), {
      outputs: number(args, 'output_dim', number(args, 'units')),
      seed: number(args, 'erev_init_seed', 1111),
      selfConnections: args['self_connections'] !== false,
    }),
  Random: (args) =>
    randomWiring(number(args, 'units'), {
      outputs: number(args, 'output_dim', number(args, 'units')),
      sparsity: number(args, 'sparsity_level', 0),
      seed: number(args, 'random_seed', 1111),
    }),
  NCP: (args) =>
    ncp({
      interNeurons: number(args, 'inter_neurons'),
      commandNeurons: number(args, 'command_neurons'),
      motorNeurons: number(args, 'motor_neurons'),
      sensoryFanout: number(args, 'sensory_fanout'),
      interFanout: number(args, 'inter_fanout'),
      recurrentCommandSynapses: number(args, 'recurrent_command_synapses'),
      motorFanin: number(args, 'motor_fanin'),
      seed: number(args, 'seed', 22222),
    }),
  AutoNCP: (args) =>
    autoNcp(number(args, 'units'), number(args, 'output_size'), {
      sparsity: number(args, 'sparsity_level', 0.5),
      seed: number(args, 'seed', 22222),
    }),
};

function number(args: Options, name: string, otherwise?: number): number {
  const value = args[name] ?? otherwise;
  if (typeof value === 'number') return value;
  throw configError(
    `the wiring's ${name} is missing or no number`,
    `wiring.args.${name}`,
    'Pass the arguments of its class',
  );
}

/** A polarity matrix: row = source, column = target. */
export type PolarityMatrix = readonly (readonly number[])[];

/** One layer of neurons with exactly these synapses; ids are kept. */
export function wiringOfMatrices(adjacency: PolarityMatrix, sensory: PolarityMatrix, outputs: number): Wiring {
  return layeredWiring({
    layers: [{ name: 'neuron', units: Math.max(adjacency.length, 1) }],
    outputs,
    connections: [
      { from: 'sensory', to: 'neuron', synapses: synapsesOf(sensory) },
      { from: 'neuron', to: 'neuron', synapses: synapsesOf(adjacency) },
    ],
  });
}

/** Layers in their order, and for each the synapses that lead to it, from the inputs or the layer below. */
export function wiringOfLayers(masks: readonly PolarityMatrix[]): Wiring {
  const connections = masks.map(
    (mask, index): Connection => ({
      from: index === 0 ? 'sensory' : `layer_${index - 1}`,
      to: `layer_${index}`,
      synapses: synapsesOf(mask),
    }),
  );
  const layers = masks.map((mask, index) => ({ name: `layer_${index}`, units: mask[0]?.length ?? 0 }));
  return layeredWiring({ layers, connections });
}

function synapsesOf(matrix: PolarityMatrix): [number, number, Polarity][] {
  return matrix.flatMap((row, source) =>
    row.flatMap((polarity, target): [number, number, Polarity][] =>
      polarity === 0 ? [] : [[source, target, polarity < 0 ? -1 : 1]],
    ),
  );
}

function rows(value: readonly unknown[]): PolarityMatrix {
  const width = Array.isArray(value[0]) ? value[0].length : 0;
  const good = value.every(
    (row) => Array.isArray(row) && row.length === width && row.every((x) => x === 0 || x === 1 || x === -1),
  );
  if (good && width > 0) return value as PolarityMatrix;
  throw configError('a matrix of the wiring is wrong', 'wiring', 'Pass rows of equal length with -1, 0 and 1');
}
