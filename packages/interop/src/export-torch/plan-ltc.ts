/**
 * Plans the export of an LTC: `LTC` of ncps.torch, with its masks, or `Cfc(use_ltc=True)` of the authors' torch_cfc.py,
 * which has no wiring, adds 1 to every elapsed time, and always has a linear layer behind the cell.
 */

import type { LinearConfig, LtcConfig } from '@rheo/layers';
import { fullyConnected, wiringFromDescription } from '@rheo/layers';
import type { ImportConfig } from '../import-config.ts';
import { cannotExpress, checkShared, requireOption } from './cannot-express.ts';
import type { CellPlan, StateEntry } from './cell-plan.ts';
import { memoryPaths } from './cell-plan.ts';
import type { Part } from './model-parts.ts';
import { ncpsWiring } from './ncps-wiring-config.ts';

/** The plan; throws `capability` for options that the chosen class does not have. */
export function planLtc(cell: Part<LtcConfig>, head: Part<LinearConfig> | undefined, features: number): CellPlan {
  const { config } = cell;
  checkShared(cell, config);
  requireOption(cell, 'solver', config.solver, 'semi-implicit');
  const official = config.elapsedOffset === 1;
  const { masks, config: described } = official ? officialLtc(cell, head, features) : ncpsLtc(cell, head, features);
  return {
    entries: [
      ...['gleak', 'vleak', 'cm', 'sigma', 'mu', 'w', 'erev'].map((path) => ({ path })),
      ...['sigma', 'mu', 'w', 'erev'].map((path) => ({ path: `sensory_${path}` })),
      ...masks,
      ...mappingPaths('input', config.inputMapping),
      ...mappingPaths('output', config.outputMapping),
      ...memoryPaths(config.mixedMemory),
    ],
    backbone: [],
    config: described,
  };
}

interface Described {
  readonly masks: readonly StateEntry[];
  readonly config: ImportConfig;
}

function ncpsLtc(cell: Part<LtcConfig>, head: Part<LinearConfig> | undefined, features: number): Described {
  const { config } = cell;
  if (config.elapsedOffset !== 0) {
    throw cannotExpress(
      cell,
      `elapsedOffset is ${config.elapsedOffset}, but ncps.torch has 0 and torch_cfc.py has 1`,
      'Train a model of the variant "ncps-torch"',
    );
  }
  if (head !== undefined) {
    throw cannotExpress(
      head,
      'the LTC of ncps.torch has no linear layer behind it',
      'Export the LTC alone, and put an nn.Linear with these parameters behind it in Python',
    );
  }
  const wiring = config.wiring === null ? fullyConnected(config.units) : wiringFromDescription(config.wiring);
  const built = wiring.build(features);
  const mask = (name: string, polarities: Int8Array): StateEntry => ({
    name,
    shape: [polarities.length / config.units, config.units],
    data: Float32Array.from(polarities, Math.abs),
  });
  return {
    masks: [mask('sparsity_mask', built.adjacency()), mask('sensory_sparsity_mask', built.sensoryAdjacency())],
    config: {
      framework: 'ncps.torch',
      class: 'LTC',
      args: {
        input_size: features,
        return_sequences: config.returnSequences,
        mixed_memory: config.mixedMemory !== 'off',
        input_mapping: config.inputMapping === 'none' ? null : config.inputMapping,
        output_mapping: config.outputMapping === 'none' ? null : config.outputMapping,
        ode_unfolds: config.odeUnfolds,
        epsilon: config.epsilon,
        implicit_param_constraints: config.positivity === 'implicit',
      },
      wiring: ncpsWiring(built),
    },
  };
}

function officialLtc(cell: Part<LtcConfig>, head: Part<LinearConfig> | undefined, features: number): Described {
  const { config } = cell;
  if (head === undefined) {
    throw cannotExpress(
      cell,
      'it adds 1 to every elapsed time, as torch_cfc.py alone does, whose class always has a linear layer',
      'Put linear(n) behind it',
    );
  }
  if (config.wiring !== null) {
    throw cannotExpress(
      cell,
      'it adds 1 to every elapsed time, as torch_cfc.py alone does, which has no wirings',
      'Train a model of the variant "ncps-torch"',
    );
  }
  requireOption(cell, 'positivity', config.positivity, 'explicit');
  requireOption(cell, 'inputMapping', config.inputMapping, 'affine');
  requireOption(cell, 'outputMapping', config.outputMapping, 'none');
  requireOption(cell, 'odeUnfolds', config.odeUnfolds, 6);
  requireOption(cell, 'epsilon', config.epsilon, 1e-8);
  return {
    masks: [],
    config: {
      framework: 'official.torch',
      args: { in_features: features, hidden_size: config.units, out_feature: head.config.units },
      hparams: {},
      options: {
        return_sequences: config.returnSequences,
        use_mixed: config.mixedMemory !== 'off',
        use_ltc: true,
      },
    },
  };
}

function mappingPaths(name: 'input' | 'output', mapping: LtcConfig['inputMapping']): StateEntry[] {
  if (mapping === 'none') return [];
  return mapping === 'linear' ? [{ path: `${name}_w` }] : [{ path: `${name}_w` }, { path: `${name}_b` }];
}
