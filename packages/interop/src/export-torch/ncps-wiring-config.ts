/**
 * A wiring as a configuration holds it: the class of ncps with its arguments, where ncps has one that makes these synapses
 * of them; else the matrices, for a class of the reader's own, together with Rheo's description, which tells the layers.
 */

import type { BuiltWiring, WiringConfig, WiringDescription, WiringKind } from '@rheo/layers';
import { describeWiring } from '@rheo/layers';
import type { NcpsWiring } from '../import-config.ts';

/** The wiring under the names of ncps, plain JSON. */
export function ncpsWiring(built: BuiltWiring): NcpsWiring | (NcpsWiring & WiringDescription) {
  const { kind, config, ablated } = describeWiring(built.wiring);
  const drawn = ablated.length === 0 && config['timesBuilt'] === 1 && typeof config['seed'] === 'number';
  const made = drawn ? classes[kind]?.(config) : undefined;
  if (made !== undefined) return made;
  return {
    kind,
    config,
    ablated,
    adjacency_matrix: rows(built.adjacency(), built.units),
    sensory_adjacency_matrix: rows(built.sensoryAdjacency(), built.units),
    output_dim: built.outputs,
  };
}

const classes: { readonly [K in WiringKind]: ((config: WiringConfig) => NcpsWiring) | undefined } = {
  'fully-connected': ({ units, outputs, seed, selfConnections }) => ({
    class: 'FullyConnected',
    args: { units, output_dim: outputs, erev_init_seed: seed, self_connections: selfConnections },
  }),
  random: ({ units, outputs, sparsity, seed }) => ({
    class: 'Random',
    args: { units, output_dim: outputs, sparsity_level: sparsity, random_seed: seed },
  }),
  ncp: (config) => ({
    class: 'NCP',
    args: {
      inter_neurons: config['interNeurons'],
      command_neurons: config['commandNeurons'],
      motor_neurons: config['motorNeurons'],
      sensory_fanout: config['sensoryFanout'],
      inter_fanout: config['interFanout'],
      recurrent_command_synapses: config['recurrentCommandSynapses'],
      motor_fanin: config['motorFanin'],
      seed: config['seed'],
    },
  }),
  'auto-ncp': ({ units, outputs, sparsity, seed }) => ({
    class: 'AutoNCP',
    args: { units, output_size: outputs, sparsity_level: sparsity, seed },
  }),
  // ncps has no class for layers of one's own.
  layered: undefined,
};

function rows(matrix: Int8Array, columns: number): number[][] {
  return Array.from({ length: matrix.length / columns }, (_, row) => [
    ...matrix.subarray(row * columns, (row + 1) * columns),
  ]);
}
