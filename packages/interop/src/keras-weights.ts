/**
 * The weights of Keras layers, from either form of file, by the path of the parameter in Rheo.
 *
 * `.weights.h5` files number the variables of each object in the order of their creation and have no names; the older
 * `.h5` files name them. Names of layers carry running numbers, which give the order among equals.
 */

import type { FileTensor } from './file-tensor.ts';
import type { Hdf5Group } from './read-hdf5.ts';

/** Weights of one layer. */
export interface KerasWeights {
  readonly kind: 'cfc' | 'ltc' | 'dense';
  /** Name of its group, which need not be the layer's own. */
  readonly name: string;
  /** By path below the layer: `ff1/kernel`, `layers/0/ff1/kernel`, `lstm/input/kernel`; those of an LTC may be numbered. */
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** True if the heads are layers of their own, as in the authors’ code. */
  readonly denseHeads: boolean;
}

const containers = ['layers', '_layer_checkpoint_dependencies'];

/** The layers that have weights: by kind of group and number, not in the order of the model. */
export function kerasWeights(file: Hdf5Group): KerasWeights[] {
  // model.save in the older form keeps an optimiser beside the weights.
  const root = file.groups.get('model_weights') ?? file;
  const container = containers.map((name) => root.groups.get(name)).find((group) => group !== undefined);
  const named = allArrays(root).some(({ name }) => /:0$/.test(name));
  if (named) return inOrder(container ?? root).flatMap((group) => namedLayer(group));
  if (container !== undefined) return inOrder(container).flatMap((group) => numberedLayer(group));
  return numberedLayer(root);
}

/** Members in the order of their running numbers: `cf_c`, `cf_c_1`, … `cf_c_10`. */
function inOrder(group: Hdf5Group): Hdf5Group[] {
  return [...group.groups.values()].sort((a, b) => {
    const [left, right] = [splitNumber(nameOf(a)), splitNumber(nameOf(b))];
    if (left.stem !== right.stem) return left.stem < right.stem ? -1 : 1;
    return left.number - right.number;
  });
}

function splitNumber(name: string): { readonly stem: string; readonly number: number } {
  const [, stem = name, number] = /^(.*?)_?(\d+)?$/.exec(name) ?? [];
  return { stem, number: number === undefined ? 0 : Number(number) };
}

function nameOf(group: Hdf5Group): string {
  return group.path.split('/').at(-1) ?? '';
}

function numberedLayer(group: Hdf5Group): KerasWeights[] {
  const name = nameOf(group);
  const cell = group.groups.get('cell');
  if (cell === undefined) {
    const [kernel, bias, ...rest] = variables(group);
    const isDense = kernel?.shape.length === 2 && (bias === undefined || bias.shape.length === 1) && rest.length === 0;
    if (!isDense) return allArrays(group).length === 0 ? [] : unknownLayer(group);
    return [{ kind: 'dense', name, tensors: defined({ kernel, bias }), denseHeads: false }];
  }
  const tensors = new Map<string, FileTensor>();
  const ltc = collectCell(cell, tensors);
  const denseHeads = allArrays(cell).some((array) => /\/ff1\/vars\/0$/.test(array.name));
  return [{ kind: ltc ? 'ltc' : 'cfc', name, tensors, denseHeads }];
}

/** Everything under its own name, so that the importer can say what it does not know. */
function unknownLayer(group: Hdf5Group): KerasWeights[] {
  const tensors = new Map(allArrays(group).map((array) => [array.name, array]));
  return [{ kind: 'dense', name: nameOf(group), tensors, denseHeads: false }];
}

/** Weights of a cell and of what it is made of; true for an LTC. */
function collectCell(cell: Hdf5Group, into: Map<string, FileTensor>): boolean {
  const own = variables(cell);
  const wired = cell.groups.get('_cfc_layers');
  if (wired !== undefined) {
    for (const [index, layer] of inOrder(wired).entries()) collectCfc(layer, `layers/${index}/`, into);
    return false;
  }
  const inner = [...cell.groups].find(
    ([name, group]) => name !== 'vars' && !isPart(name) && allArrays(group).length > 0,
  );
  if (inner !== undefined && own.length === 3) {
    const [input, recurrent, bias] = own;
    setAll(into, { 'lstm/input/kernel': input, 'lstm/recurrent/kernel': recurrent, 'lstm/input/bias': bias });
    return collectCell(inner[1], into);
  }
  if (own.length >= 11) {
    for (const [index, tensor] of own.entries()) into.set(`ltc/${index}`, tensor);
    return true;
  }
  collectCfc(cell, '', into);
  return false;
}

function isPart(name: string): boolean {
  return /^(backbone.*|ff1|ff2|time_a|time_b)$/.test(name);
}

function collectCfc(cell: Hdf5Group, prefix: string, into: Map<string, FileTensor>): void {
  const own = variables(cell);
  const put = (path: string, tensor: FileTensor | undefined): void => {
    if (tensor !== undefined) into.set(`${prefix}${path}`, tensor);
  };
  // A gate in time is what the pure mode lacks.
  const pure = !cell.groups.has('time_a');
  const heads = cell.groups.has('ff1') ? [] : ['ff1/kernel', 'ff1/bias'];
  const rest = pure ? ['w_tau', 'A'] : heads.length === 0 ? [] : ['ff2/kernel', 'ff2/bias'];
  for (const [index, tensor] of own.entries()) put([...heads, ...rest][index] ?? `variable/${index}`, tensor);
  for (const part of ['ff1', 'ff2', 'time_a', 'time_b']) {
    const [kernel, bias] = variables(cell.groups.get(part));
    put(`${part}/kernel`, kernel);
    put(`${part}/bias`, bias);
  }
  const backbone = [...cell.groups].find(([name]) => name.startsWith('backbone'))?.[1];
  const layers = backbone === undefined ? [] : inOrder(backbone.groups.get('layers') ?? backbone);
  let position = 0;
  for (const layer of layers) {
    const [kernel, bias] = variables(layer);
    if (kernel === undefined) continue;
    put(`backbone/${position}/kernel`, kernel);
    put(`backbone/${position}/bias`, bias);
    position++;
  }
}

/** A layer of the older form: arrays are called `…/ff1_weight:0`. */
function namedLayer(group: Hdf5Group): KerasWeights[] {
  const arrays = allArrays(group);
  if (arrays.length === 0) return [];
  const name = nameOf(group);
  const tail = ({ name: path }: FileTensor): string => (path.split('/').at(-1) ?? '').replace(/:0$/, '');
  const parent = ({ name: path }: FileTensor): string => path.split('/').slice(0, -1).join('/');
  const tails = arrays.map(tail);
  const ltc = tails.includes('gleak');
  if (!ltc && !tails.some((own) => /^(ff1_weight|w_tau|A)$/.test(own))) {
    const single = arrays.length <= 2 && tails.includes('kernel');
    if (!single) return authorsLayer(name, arrays, tail, parent);
    return [{ kind: 'dense', name, tensors: new Map(arrays.map((array) => [tail(array), array])), denseHeads: false }];
  }
  if (tails.includes('w_tau') && !tails.includes('ff1_weight')) return authorsLayer(name, arrays, tail, parent);
  const cells = byNumber([...new Set(arrays.filter((array) => tail(array) === 'ff1_weight').map(parent))]);
  const tensors = new Map<string, FileTensor>();
  for (const array of arrays) {
    const own = tail(array);
    const part = parent(array).split('/').at(-1) ?? '';
    const index = cells.findIndex((cell) => array.name.startsWith(`${cell}/`));
    const prefix = cells.length > 1 && index >= 0 ? `layers/${index}/` : '';
    const leaf = own === 'kernel' || own === 'bias' ? own : '';
    const backbone = /^backbone(\d+)$/.exec(part)?.[1];
    if (leaf !== '' && backbone !== undefined) tensors.set(`${prefix}backbone/${backbone}/${leaf}`, array);
    else if (leaf !== '' && /^time_[ab]$/.test(part)) tensors.set(`${prefix}${part}/${leaf}`, array);
    else tensors.set(memory[own] ?? `${prefix}${heads[own] ?? own}`, array);
  }
  return [{ kind: ltc ? 'ltc' : 'cfc', name, tensors, denseHeads: false }];
}

const heads: Readonly<Record<string, string>> = {
  ff1_weight: 'ff1/kernel',
  ff1_bias: 'ff1/bias',
  ff2_weight: 'ff2/kernel',
  ff2_bias: 'ff2/bias',
};

const memory: Readonly<Record<string, string>> = {
  input_kernel: 'lstm/input/kernel',
  recurrent_kernel: 'lstm/recurrent/kernel',
  bias: 'lstm/input/bias',
};

/** The authors’ cell: its heads are dense layers without names of their own, created after those of the backbone. */
function authorsLayer(
  name: string,
  arrays: readonly FileTensor[],
  tail: (array: FileTensor) => string,
  parent: (array: FileTensor) => string,
): KerasWeights[] {
  const tensors = new Map<string, FileTensor>();
  const dense = byNumber([...new Set(arrays.filter((array) => tail(array) === 'kernel').map(parent))]);
  const order = arrays.some((array) => tail(array) === 'w_tau') ? ['ff1'] : ['ff1', 'ff2', 'time_a', 'time_b'];
  const layers = dense.length - order.length;
  for (const array of arrays) {
    const own = tail(array);
    const index = dense.indexOf(parent(array));
    if (index < 0) tensors.set(memory[own] ?? own, array);
    else tensors.set(`${index < layers ? `backbone/${index}` : order[index - layers]}/${own}`, array);
  }
  return [{ kind: 'cfc', name, tensors, denseHeads: true }];
}

function byNumber(paths: readonly string[]): string[] {
  return [...paths].sort((a, b) => splitNumber(a).number - splitNumber(b).number);
}

/** The numbered variables of an object, in order. */
function variables(group: Hdf5Group | undefined): FileTensor[] {
  const arrays = group?.groups.get('vars')?.arrays ?? new Map<string, FileTensor>();
  return [...arrays].sort(([a], [b]) => Number(a) - Number(b)).map(([, tensor]) => tensor);
}

/** All arrays below a group. */
export function allArrays(group: Hdf5Group): FileTensor[] {
  return [...group.arrays.values(), ...[...group.groups.values()].flatMap(allArrays)];
}

function defined(entries: Readonly<Record<string, FileTensor | undefined>>): Map<string, FileTensor> {
  const map = new Map<string, FileTensor>();
  setAll(map, entries);
  return map;
}

function setAll(into: Map<string, FileTensor>, entries: Readonly<Record<string, FileTensor | undefined>>): void {
  for (const [path, tensor] of Object.entries(entries)) if (tensor !== undefined) into.set(path, tensor);
}
