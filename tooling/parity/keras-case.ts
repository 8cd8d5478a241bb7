/**
 * Vectors of ncps.keras: the classes CfC and CfCCell, and CfC with a wiring. A cell is a sequence of one step.
 */

import type { CfcMode, Layer } from '@rheo/layers';
import { cfc, sequential } from '@rheo/layers';
import { flatArray, reshaped } from './flat-array.ts';
import { fromKeras, kerasPaths } from './keras-names.ts';
import type { ByPath, ParityCase } from './parity-case.ts';
import { Unsupported } from './parity-case.ts';
import type { Fields } from './vector.ts';
import { arrayOf, fieldsOf, numberOf, requiredArray, textOf } from './vector.ts';
import { wiringOf } from './wiring-of.ts';

/** The case of a `keras_cfc_*` file. Throws `Unsupported` for other classes. */
export function kerasCase(vector: Fields): ParityCase {
  const kind = String(vector['class']);
  if (kind !== 'CfC' && kind !== 'CfCCell') throw new Unsupported(`the class ${kind} has no cell here`);
  const single = kind === 'CfCCell';
  const args = fieldsOf(vector['args']);
  const wiring = wiringOf(vector['wiring']);
  const units = wiring?.units ?? numberOf(args, 'units', 0);
  const mixed = args['mixed_memory'] === true;
  const input = requiredArray(vector, 'input');
  const [batch = 0] = input.shape;
  const features = input.shape.at(-1) ?? 0;
  const values = single ? reshaped(input, [batch, 1, features]) : input;
  const weights = (vector['weights'] as readonly Fields[] | undefined) ?? [];
  const names = weights.map(({ name }) => String(name));
  const paths = kerasPaths(names, '0', wiring !== undefined);
  const byName = (field: string): ByPath =>
    Object.fromEntries(
      weights.flatMap((weight, index) => {
        const name = String(weight['name']);
        const value = weight[field];
        if (value === undefined || value === null) return [];
        return [[paths[index] ?? name, fromKeras(name, flatArray(value, name))]];
      }),
    );
  const states = (value: unknown): ByPath => {
    if (value === undefined || value === null) return {};
    const { data } = flatArray(value, 'state');
    // Mixed memory: the LSTM's memory first, then the state of the cell.
    const names = mixed ? ['c', 'h'] : ['h'];
    const size = batch * units;
    return Object.fromEntries(
      names.map((name, index) => [
        `0/${name}`,
        { shape: [batch, units], data: data.slice(index * size, (index + 1) * size) },
      ]),
    );
  };
  const outputs = requiredArray(vector, 'output');
  const given = arrayOf(vector, 'timespans');
  const time = values.shape[1] ?? 0;
  const common = {
    variant: 'ncps-keras',
    mode: textOf<CfcMode>(args, 'mode', 'default'),
    mixedMemory: mixed,
    returnSequences: single || args['return_sequences'] === true,
    goBackwards: (args['go_backwards'] ?? vector['go_backwards']) === true,
    zeroOutputForMask: (args['zero_output_for_mask'] ?? vector['zero_output_for_mask']) === true,
  } as const;
  const cell: Layer =
    wiring !== undefined
      ? cfc({ ...common, wiring })
      : cfc({
          ...common,
          units,
          backboneActivation: textOf(args, 'activation', 'lecun_tanh'),
          backboneUnits: numberOf(args, 'backbone_units', 128),
          backboneLayers: numberOf(args, 'backbone_layers', 1),
        });
  return {
    model: sequential([cell]),
    features,
    timeMajor: false,
    parameters: byName('value'),
    values,
    dt: given === undefined ? undefined : reshaped(given, given.data.length === time ? [time] : [batch, time]),
    mask: arrayOf(vector, 'mask'),
    state: states(vector['h0'] ?? vector['initial_state']),
    expected: {
      outputs,
      finalState: single ? { '0/h': outputs } : states(vector['state']),
      parameters: byName('grad'),
      values: arrayOf(vector, 'grad_input'),
      state: states(vector['grad_h0']),
    },
  };
}
