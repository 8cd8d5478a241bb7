/**
 * Plans the export of a CfC over a wiring, which ncps.torch alone has. Every layer of the wiring is a cell with its mask;
 * the masks are part of the state dictionary.
 */

import type { BuiltWiring, LinearConfig, WiredCfcConfig } from '@rheo/layers';
import { wiringFromDescription } from '@rheo/layers';
import { cannotExpress } from './cannot-express.ts';
import type { CellPlan, StateEntry } from './cell-plan.ts';
import { headPaths, memoryPaths, timeConstantPaths } from './cell-plan.ts';
import type { Part } from './model-parts.ts';
import { ncpsWiring } from './ncps-wiring-config.ts';
import { checkFormulas } from './plan-cfc.ts';

/** The plan; throws `capability` for options or outputs that ncps.torch does not have. */
export function planWiredCfc(
  cell: Part<WiredCfcConfig>,
  head: Part<LinearConfig> | undefined,
  features: number,
): CellPlan {
  const { config } = cell;
  checkFormulas(cell, config);
  const wiring = wiringFromDescription(config.wiring).build(features);
  checkOutputs(cell, head, wiring);
  return {
    entries: [
      ...wiring.layers.flatMap((_, layer) => [
        layerMask(cell, wiring, layer),
        ...timeConstantPaths(config.mode, `layers/${layer}/`),
        ...headPaths(config.mode, `layers/${layer}/`),
      ]),
      ...memoryPaths(config.mixedMemory),
    ],
    backbone: [],
    config: {
      framework: 'ncps.torch',
      class: 'CfC',
      args: {
        input_size: features,
        ...(head === undefined ? {} : { proj_size: head.config.units }),
        return_sequences: config.returnSequences,
        mixed_memory: config.mixedMemory !== 'off',
        mode: config.mode,
      },
      wiring: ncpsWiring(wiring),
    },
  };
}

/** ncps.torch returns all of the last layer, and cannot put a linear layer behind it where the wiring has fewer outputs. */
function checkOutputs(cell: Part<WiredCfcConfig>, head: Part<LinearConfig> | undefined, wiring: BuiltWiring): void {
  const last = wiring.layers.at(-1)?.neurons.length ?? 0;
  if (wiring.outputs === last) return;
  if (cell.config.readout === 'last-layer' && head === undefined) return;
  const what =
    cell.config.readout === 'outputs'
      ? `the first ${wiring.outputs} of the ${last} neurons in the last layer leave it, but ncps.torch returns all`
      : `ncps.torch fails where a linear layer follows ${last} neurons of which ${wiring.outputs} are outputs`;
  throw cannotExpress(cell, what, `Use a wiring whose last layer has as many neurons as outputs, such as autoNcp`);
}

/** The mask as PyTorch has it, [units, inputs + units]: 1 where a synapse is, and for the own state of the layer. */
function layerMask(cell: Part<WiredCfcConfig>, wiring: BuiltWiring, layer: number): StateEntry {
  const own = wiring.layers[layer]?.neurons ?? [];
  const below = wiring.layers[layer - 1]?.neurons ?? Array.from({ length: wiring.inputs }, (_, input) => input);
  const polarities = layer === 0 ? wiring.sensoryAdjacency() : wiring.adjacency();
  const columns = below.length + own.length;
  const data = new Float32Array(own.length * columns).fill(1);
  own.forEach((target, row) => {
    below.forEach((source, column) => {
      const polarity = polarities[source * wiring.units + target] ?? 0;
      if (polarity < 0 && cell.config.maskSign === 'signed') {
        throw cannotExpress(
          cell,
          'maskSign is "signed", and inhibitory synapses would lose their sign in ncps.torch',
          'Train a model with maskSign: "absolute", as the variant "ncps-torch" has it',
        );
      }
      data[row * columns + column] = Math.abs(polarity);
    });
  });
  return { name: `layer_${layer}.sparsity_mask`, shape: [own.length, columns], data };
}
