/**
 * The names of a PyTorch state dictionary, as ncps.torch and the authors' torch_cfc.py have them.
 *
 * Linear weights are [out, in] there and [in, out] here. The indices of backbone layers depend on where dropout modules
 * stand (0, 2, 4 … or 0, 2, 5, 8 …), so only their order counts. A model may be a part of another: then all of its names
 * begin with a prefix. A bare cell has no `rnn_cell.`.
 */

import type { FileTensor } from './file-tensor.ts';
import type { Fail } from './import-error.ts';
import { nameList } from './import-error.ts';
import type { Arrangement } from './plan.ts';

/** The tensors of one model, by the name without prefix and `rnn_cell.`. */
export interface TorchNames {
  readonly prefix: string;
  /** `rnn_cell.`, or nothing for a bare cell. */
  readonly cell: string;
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** The indices of backbone layers, in order. */
  readonly backbone: readonly number[];
  /** Number of layers of a wired CfC, 0 for others. */
  readonly layers: number;
}

const landmarks = /^(.*?)(?:rnn_cell\.|(?=(?:layer_0\.)?ff1\.(?:weight|bias)$)|(?=(?:gleak|vleak|cm)$))/;

/** Finds the model among the tensors of a file. Throws `format` if there is none, or more than one. */
export function torchNames(tensors: readonly FileTensor[], given: string | undefined, fail: Fail): TorchNames {
  const cells = tensors.filter(({ name }) => given === undefined || name.startsWith(given));
  const first = cells.find(({ name }) => landmarks.test(name));
  if (first === undefined) {
    const names = nameList(tensors.map(({ name }) => name));
    throw fail(given === undefined ? `it has no CfC or LTC of PyTorch, but ${names}` : `nothing begins with ${given}`, {
      remedy:
        'Pass a state dictionary of ncps.torch or of the authors’ torch_cfc.py; a model of another kind cannot be imported' +
        (given === undefined ? '' : `. The tensors are ${names}`),
    });
  }
  const prefix = landmarks.exec(first.name)?.[1] ?? '';
  const cell = first.name.slice(prefix.length).startsWith('rnn_cell.') ? 'rnn_cell.' : '';
  const own = new Map<string, FileTensor>();
  const backbone = new Set<number>();
  let layers = 0;
  for (const tensor of tensors) {
    if (!tensor.name.startsWith(prefix)) continue;
    const rest = tensor.name.slice(prefix.length);
    const bare = rest.startsWith(cell) ? rest.slice(cell.length) : rest;
    own.set(bare, tensor);
    const index = /^backbone\.(\d{1,6})\.(?:weight|bias)$/.exec(bare)?.[1];
    if (index !== undefined) backbone.add(Number(index));
    const layer = /^layer_(\d{1,6})\./.exec(bare)?.[1];
    if (layer !== undefined) layers = Math.max(layers, Number(layer) + 1);
  }
  return { prefix, cell, tensors: own, backbone: [...backbone].sort((a, b) => a - b), layers };
}

const modules: Readonly<Record<string, string>> = {
  'lstm/input': 'lstm.input_map',
  'lstm/recurrent': 'lstm.recurrent_map',
};

/** What PyTorch calls the parameter of a path below the cell, without prefix, and how it lies there. */
export function torchName(
  path: string,
  { backbone }: Pick<TorchNames, 'backbone'>,
): { readonly bare: string; readonly arrangement: Arrangement } {
  const [, layer, rest = ''] = /^(?:layers\/(\d+)\/)?(.*)$/.exec(path) ?? [];
  const start = layer === undefined ? '' : `layer_${layer}.`;
  const [, module = '', leaf] = /^(.*)\/(kernel|bias)$/.exec(rest) ?? [];
  if (leaf === undefined) return { bare: `${start}${rest}`, arrangement: flatOnly.has(rest) ? 'flat' : 'same' };
  const index = /^backbone\/(\d+)$/.exec(module)?.[1];
  const name =
    index === undefined ? (modules[module] ?? module) : `backbone.${backbone[Number(index)] ?? 2 * Number(index)}`;
  return {
    bare: `${start}${name}.${leaf === 'kernel' ? 'weight' : 'bias'}`,
    arrangement: leaf === 'kernel' ? 'transposed' : 'same',
  };
}

/** [1, units] there, [units] here. */
const flatOnly: ReadonlySet<string> = new Set(['w_tau', 'A']);
