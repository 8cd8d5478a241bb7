/**
 * From the names of a PyTorch state_dict (ncps.torch, and the authors' code) to paths of Rheo parameters.
 *
 * Linear weights are [out, in] there and [in, out] here. The indices of backbone layers depend on where dropout modules
 * stand (0, 2, 4 … or 0, 2, 5, 8 …), so only their order counts. Cells of a wiring are `layer_0`, `layer_1` ….
 */

import type { FlatArray } from './flat-array.ts';
import { reshaped, transposed } from './flat-array.ts';

const parts: Readonly<Record<string, string>> = {
  ff1: 'ff1',
  ff2: 'ff2',
  time_a: 'time_a',
  time_b: 'time_b',
  'lstm.input_map': 'lstm/input',
  'lstm.recurrent_map': 'lstm/recurrent',
};

/** Where the parts of a model are: `cell` is the path of the CfC layer, `head` of the output layer. */
export interface TorchPlaces {
  readonly cell: string;
  readonly head: string;
}

/** The Rheo path of every name. Throws for a name that has none. */
export function torchPaths(names: readonly string[], { cell, head }: TorchPlaces): Map<string, string> {
  const indices = names.map((name) => backboneIndex(name)).filter((index) => index !== undefined);
  const order = [...new Set(indices)].sort((a, b) => a - b);
  return new Map(
    names.map((name) => {
      const [, layer, bare = ''] = /^(?:rnn_cell\.)?(?:layer_(\d+)\.)?(.*)$/.exec(name) ?? [];
      const own = layer === undefined ? cell : `${cell}/layers/${layer}`;
      const index = backboneIndex(name);
      const [, module = '', tail = ''] = /^(.*)\.(weight|bias)$/.exec(bare) ?? [];
      const leaf = tail === 'weight' ? 'kernel' : 'bias';
      if (bare === 'w_tau' || bare === 'A') return [name, `${own}/${bare}`];
      if (index !== undefined) return [name, `${cell}/backbone/${order.indexOf(index)}/${leaf}`];
      if (module === 'fc') return [name, `${head}/${leaf}`];
      const part = parts[module];
      if (part === undefined) throw new Error(`no parameter of Rheo is called ${name} in PyTorch`);
      return [name, `${own}/${part}/${leaf}`];
    }),
  );
}

/** A PyTorch tensor as Rheo lays it out. */
export function fromTorch(name: string, tensor: FlatArray): FlatArray {
  if (name.endsWith('.weight')) return transposed(tensor);
  return reshaped(tensor, [tensor.data.length]);
}

function backboneIndex(name: string): number | undefined {
  const match = /(?:^|\.)backbone\.(\d+)\.(?:weight|bias)$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}
