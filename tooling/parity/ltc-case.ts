/**
 * Vectors of LTCs: ncps.torch and ncps.keras (the class LTC), and the authors' torch_cfc.py with its LTC. Every case is
 * run with the synapses computed densely and over edges.
 */

import type { Layer, LtcOptions, Wiring } from '@rheo/layers';
import { forwardFill, linear, ltc, sequential } from '@rheo/layers';
import type { FlatArray } from './flat-array.ts';
import { flatArray, reshaped, transposed } from './flat-array.ts';
import { fromKeras, kerasPath } from './keras-names.ts';
import { elapsedTimes, statesBy, withBatch } from './ncps-case.ts';
import type { ByPath, ParityCase } from './parity-case.ts';
import type { Fields } from './vector.ts';
import { arrayOf, fieldsOf, numberOf, requiredArray } from './vector.ts';
import { wiringOf } from './wiring-of.ts';

/** The case of an `ltc_*` file. */
export function ncpsLtcCase(vector: Fields): ParityCase {
  const args = fieldsOf(vector['args']);
  const layout = fieldsOf(vector['layout']);
  const unbatched = layout['unbatched'] === true;
  const timeMajor = (args['batch_first'] ?? true) === false;
  const mixed = args['mixed_memory'] === true;
  const options: LtcOptions = {
    ...cellOptions(vector, args),
    positivity: args['implicit_param_constraints'] === false ? 'explicit' : 'implicit',
    returnSequences: (args['return_sequences'] ?? true) === true,
  };
  const values = withBatch(requiredArray(vector, 'input'), unbatched, timeMajor);
  const [outer = 0, inner = 0, features = 0] = values.shape;
  const [batch, time] = timeMajor ? [inner, outer] : [outer, inner];
  const weights = fieldsOf(vector['state_dict']);
  const units = requiredArray(weights, 'rnn_cell.gleak').data.length;
  const state = (suffix: (name: string) => string): ByPath =>
    statesBy(mixed ? { h: 'h', c: 'c' } : { h: 'h' }, (name) => arrayOf(vector, suffix(name)), [batch, units]);
  return {
    ...bothForms(options),
    features,
    timeMajor,
    parameters: byLtcName(weights),
    values,
    dt: elapsedTimes(arrayOf(vector, 'timespans'), batch, time, timeMajor),
    mask: undefined,
    state: state((name) => `${name}0`),
    expected: {
      outputs: requiredArray(vector, 'output'),
      finalState: state((name) => `${name}n`),
      parameters: byLtcName(fieldsOf(vector['grad'])),
      values: arrayOf(vector, 'grad_input'),
      state: state((name) => `grad_${name}0`),
    },
  };
}

/** The case of a `keras_ltc_*` file. */
export function kerasLtcCase(vector: Fields): ParityCase {
  const args = fieldsOf(vector['args']);
  const single = vector['class'] === 'LTCCell';
  const mixed = args['mixed_memory'] === true;
  const input = requiredArray(vector, 'input');
  const [batch = 0] = input.shape;
  const features = input.shape.at(-1) ?? 0;
  const values = single ? reshaped(input, [batch, 1, features]) : input;
  const time = values.shape[1] ?? 0;
  const weights = (vector['weights'] as readonly Fields[] | undefined) ?? [];
  const units = Number((weights.find(({ name }) => name === 'gleak')?.['shape'] as readonly number[] | undefined)?.[0]);
  const byName = (field: string): ByPath =>
    Object.fromEntries(
      weights.flatMap((weight) => {
        const name = String(weight['name']);
        const value = weight[field];
        if (value === undefined || value === null) return [];
        return [[kerasPath(name, '0'), fromKeras(name, flatArray(value, name))]];
      }),
    );
  const states = (value: unknown): ByPath => {
    if (value === undefined || value === null) return {};
    const { data } = flatArray(value, 'state');
    // Mixed memory: the LSTM's memory first, then the state of the cell.
    const parts = mixed ? ['c', 'h'] : ['h'];
    const size = batch * units;
    return Object.fromEntries(
      parts.map((name, index) => [
        `0/${name}`,
        { shape: [batch, units], data: data.slice(index * size, (index + 1) * size) },
      ]),
    );
  };
  const given = arrayOf(vector, 'timespans');
  const options: LtcOptions = {
    ...cellOptions(vector, args),
    variant: 'ncps-keras',
    returnSequences: single || args['return_sequences'] === true,
    goBackwards: (args['go_backwards'] ?? vector['go_backwards']) === true,
    zeroOutputForMask: (args['zero_output_for_mask'] ?? vector['zero_output_for_mask']) === true,
  };
  return {
    ...bothForms(options),
    features,
    timeMajor: false,
    parameters: byName('value'),
    values,
    dt: given === undefined ? undefined : reshaped(given, given.data.length === time ? [time] : [batch, time]),
    mask: arrayOf(vector, 'mask'),
    state: states(vector['h0'] ?? vector['initial_state']),
    expected: {
      outputs: requiredArray(vector, 'output'),
      finalState: states(vector['state']),
      parameters: byName('grad'),
      values: arrayOf(vector, 'grad_input'),
      state: states(vector['grad_h0']),
    },
  };
}

/** The case of an `official_*` file with an LTC: all to all, after a forward-fill if it has a mask, and a linear layer. */
export function officialLtcCase(vector: Fields): ParityCase {
  const options = fieldsOf(vector['options']);
  const weights = fieldsOf(vector['state_dict']);
  const values = requiredArray(vector, 'input');
  const [batch = 0, time = 0, features = 0] = values.shape;
  const outputs = requiredArray(vector, 'output');
  const given = arrayOf(vector, 'timespans');
  const mask = arrayOf(vector, 'mask');
  const fill =
    mask === undefined ? [] : [forwardFill({ timeSinceUpdate: numberOf(vector, 'in_features', 0) > 2 * features })];
  const cell: LtcOptions = {
    variant: 'official-torch',
    units: requiredArray(weights, 'rnn_cell.gleak').data.length,
    mixedMemory: options['use_mixed'] === true,
    returnSequences: options['return_sequences'] === true,
  };
  return {
    ...bothForms(cell, [linear(outputs.shape.at(-1) ?? 1)], fill),
    features,
    timeMajor: false,
    parameters: byLtcName(weights, fill.length),
    values,
    dt: given === undefined ? undefined : reshaped(given, [batch, time]),
    mask,
    state: {},
    expected: {
      outputs,
      finalState: {},
      parameters: byLtcName(fieldsOf(vector['grad']), fill.length),
      values: arrayOf(vector, 'grad_input'),
      state: {},
    },
  };
}

function bothForms(
  options: LtcOptions,
  after: readonly Layer[] = [],
  before: readonly Layer[] = [],
): Pick<ParityCase, 'model' | 'otherForms'> {
  const model = (sparse: 'dense' | 'edges'): Layer => sequential([...before, ltc({ ...options, sparse }), ...after]);
  return { model: model('dense'), otherForms: [model('edges')] };
}

function cellOptions(vector: Fields, args: Fields): LtcOptions {
  const wiring: Wiring | undefined = wiringOf(vector['wiring']);
  const mapping = (name: string): 'affine' | 'linear' | 'none' => {
    const value = args[name] === undefined ? 'affine' : args[name];
    return value === 'affine' || value === 'linear' ? value : 'none';
  };
  return {
    ...(wiring === undefined ? { units: numberOf(args, 'units', 0) } : { wiring }),
    inputMapping: mapping('input_mapping'),
    outputMapping: mapping('output_mapping'),
    odeUnfolds: numberOf(args, 'ode_unfolds', 6),
    epsilon: numberOf(args, 'epsilon', 1e-8),
    mixedMemory: args['mixed_memory'] === true,
  };
}

/**
 * Tensors of an LTC's state_dict by Rheo path, the cell being layer `cell` of the model; masks are part of the wiring.
 * Throws for a name that has none.
 */
function byLtcName(tensors: Fields, cell: number = 0): ByPath {
  const layers: Readonly<Record<string, string>> = {
    fc: `${cell + 1}`,
    'lstm.input_map': `${cell}/lstm/input`,
    'lstm.recurrent_map': `${cell}/lstm/recurrent`,
  };
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, value]): [string, FlatArray][] => {
      const bare = name.replace(/^rnn_cell\./, '');
      const tensor = flatArray(value, name);
      if (bare.endsWith('sparsity_mask')) return [];
      if (!bare.includes('.')) return [[`${cell}/${bare}`, tensor]];
      const [, module = '', leaf = ''] = /^(.*)\.(weight|bias)$/.exec(bare) ?? [];
      const layer = layers[module];
      if (layer === undefined) throw new Error(`no parameter of Rheo is called ${name} in PyTorch`);
      return [[`${layer}/${leaf === 'weight' ? 'kernel' : 'bias'}`, leaf === 'weight' ? transposed(tensor) : tensor]];
    }),
  );
}
