/**
 * Wirings of vector files: the class of ncps and its arguments, drawn anew and compared with the matrices of the file.
 */

import type { BuiltWiring, Wiring } from '@rheo/layers';
import { autoNcp, fullyConnected, ncp, randomWiring } from '@rheo/layers';
import type { Fields } from './vector.ts';
import { arrayOf, fieldsOf, numberOf } from './vector.ts';

/**
 * The wiring of a vector file, undefined if it has none. Throws for a class that is not known, and when what is drawn is
 * not what the file says.
 */
export function wiringOf(value: unknown): Wiring | undefined {
  if (value === undefined || value === null) return undefined;
  const fields = fieldsOf(value);
  const wiring = wiringOfClass(String(fields['class']), fieldsOf(fields['args']));
  const sensory = arrayOf(fields, 'sensory_adjacency_matrix');
  const built = wiring.build(sensory?.shape[0] ?? 1);
  const wanted = { adjacency: arrayOf(fields, 'adjacency_matrix'), sensoryAdjacency: sensory };
  for (const name of ['adjacency', 'sensoryAdjacency'] as const) {
    const found: ReturnType<BuiltWiring['adjacency']> = built[name]();
    if (wanted[name]?.data.some((polarity, at) => polarity !== found[at])) {
      throw new Error(`the ${name} of ${String(fields['class'])} is not that of the file`);
    }
  }
  return wiring;
}

/** The wiring that a class of ncps makes of its arguments, when it is built that many times. */
export function wiringOfClass(name: string, args: Fields, timesBuilt: number = 1): Wiring {
  const number = (key: string, otherwise: number): number => numberOf(args, key, otherwise);
  const units = number('units', 0);
  switch (name) {
    case 'FullyConnected':
      return fullyConnected(units, {
        outputs: number('output_dim', units),
        seed: number('erev_init_seed', 1111),
        timesBuilt,
        selfConnections: args['self_connections'] !== false,
      });
    case 'Random':
      return randomWiring(units, {
        outputs: number('output_dim', units),
        sparsity: number('sparsity_level', 0),
        seed: number('random_seed', 1111),
        timesBuilt,
      });
    case 'NCP':
      return ncp({
        interNeurons: number('inter_neurons', 0),
        commandNeurons: number('command_neurons', 0),
        motorNeurons: number('motor_neurons', 0),
        sensoryFanout: number('sensory_fanout', 0),
        interFanout: number('inter_fanout', 0),
        recurrentCommandSynapses: number('recurrent_command_synapses', 0),
        motorFanin: number('motor_fanin', 0),
        seed: number('seed', 22222),
        timesBuilt,
      });
    case 'AutoNCP':
      return autoNcp(units, number('output_size', 0), {
        sparsity: number('sparsity_level', 0.5),
        seed: number('seed', 22222),
        timesBuilt,
      });
    default:
      throw new Error(`no wiring is called ${name}`);
  }
}
