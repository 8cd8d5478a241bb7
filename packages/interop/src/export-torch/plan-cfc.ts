/**
 * Plans the export of a CfC without a wiring: `CfC` of ncps.torch, or `Cfc` of the authors' torch_cfc.py.
 *
 * Both compute the same. The authors' class always has a backbone and a linear layer, so a model of the variant
 * "official-torch" without one of them is exported for ncps.torch.
 */

import type { Activation, CfcConfig, LinearConfig } from '@rheo/layers';
import type { ImportConfig } from '../import-config.ts';
import { cannotExpress, checkShared, requireOption } from './cannot-express.ts';
import type { CellPlan } from './cell-plan.ts';
import { affinePaths, headPaths, memoryPaths, timeConstantPaths } from './cell-plan.ts';
import type { Part } from './model-parts.ts';

/** The plan; throws `capability` for options that neither class has. */
export function planCfc(cell: Part<CfcConfig>, head: Part<LinearConfig> | undefined, features: number): CellPlan {
  const { config } = cell;
  checkFormulas(cell, config);
  if (config.backboneDropout > 0 && config.backboneLayers > 0) {
    requireOption(cell, 'dropoutPlacement', config.dropoutPlacement, 'after_first');
  }
  const layers = Array.from({ length: config.backboneLayers }, (_, layer) => layer);
  const official = config.variant === 'official-torch' && head !== undefined && layers.length > 0;
  return {
    entries: [
      ...timeConstantPaths(config.mode),
      ...affinePaths(...layers.map((layer) => `backbone/${layer}`)),
      ...headPaths(config.mode),
      ...memoryPaths(config.mixedMemory),
    ],
    // Each layer has an activation behind it, and the later ones a dropout where its rate is not 0.
    backbone: layers.map((layer) => (config.backboneDropout > 0 && layer > 0 ? 3 * layer - 1 : 2 * layer)),
    config: official ? officialConfig(cell, head, features) : ncpsConfig(cell, head, features),
  };
}

/** Throws for formulas that the originals in PyTorch do not have; the pure form has neither heads nor gate. */
export function checkFormulas(
  cell: Part<object>,
  config: Pick<
    CfcConfig,
    'mode' | 'headActivation' | 'gateSign' | 'mixedMemory' | 'memoryElapsed' | 'forgetBias' | 'goBackwards'
  >,
): void {
  checkShared(cell, config);
  if (config.mixedMemory !== 'off') requireOption(cell, 'memoryElapsed', config.memoryElapsed, 1);
  if (config.mode === 'pure') return;
  requireOption(cell, 'headActivation', config.headActivation, 'tanh');
  requireOption(cell, 'gateSign', config.gateSign, '+');
}

function ncpsConfig(cell: Part<CfcConfig>, head: Part<LinearConfig> | undefined, features: number): ImportConfig {
  const { config } = cell;
  return {
    framework: 'ncps.torch',
    class: 'CfC',
    args: {
      input_size: features,
      units: config.units,
      ...(head === undefined ? {} : { proj_size: head.config.units }),
      return_sequences: config.returnSequences,
      mixed_memory: config.mixedMemory !== 'off',
      mode: config.mode,
      ...activationArgument(cell, 'activation', 'lecun_tanh'),
      ...(config.backboneLayers === 0 ? {} : { backbone_units: config.backboneUnits }),
      backbone_layers: config.backboneLayers,
      backbone_dropout: config.backboneDropout,
    },
    wiring: null,
  };
}

function officialConfig(cell: Part<CfcConfig>, head: Part<LinearConfig>, features: number): ImportConfig {
  const { config } = cell;
  return {
    framework: 'official.torch',
    args: { in_features: features, hidden_size: config.units, out_feature: head.config.units },
    hparams: {
      ...activationArgument(cell, 'backbone_activation', 'lecun'),
      backbone_units: config.backboneUnits,
      backbone_layers: config.backboneLayers,
      // Present or absent, not its value, decides about the names of the backbone.
      ...(config.backboneDropout > 0 ? { backbone_dr: config.backboneDropout } : {}),
      ...(config.mode === 'pure' ? { minimal: true } : {}),
      ...(config.mode === 'no_gate' ? { no_gate: true } : {}),
    },
    options: {
      return_sequences: config.returnSequences,
      use_mixed: config.mixedMemory !== 'off',
      use_ltc: false,
    },
  };
}

const known: readonly Activation[] = ['lecun_tanh', 'relu', 'tanh', 'gelu', 'silu'];

/** The activation under the original's name; without a backbone one that the original lacks has no effect. */
function activationArgument(cell: Part<CfcConfig>, argument: string, lecun: string): Readonly<Record<string, string>> {
  const { backboneActivation, backboneLayers } = cell.config;
  if (known.includes(backboneActivation)) {
    return { [argument]: backboneActivation === 'lecun_tanh' ? lecun : backboneActivation };
  }
  if (backboneLayers === 0) return {};
  throw cannotExpress(
    cell,
    `backboneActivation is "${backboneActivation}", and the originals in PyTorch have ${known.join(', ')}`,
    'Train a model with one of these',
  );
}
