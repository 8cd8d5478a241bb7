/**
 * Vectors of the authors' torch_cfc.py: the class Cfc, whose last layer is linear. With a mask, the input is the last
 * observed values, (on demand the time since they were observed,) and the mask.
 */

import { cfc, forwardFill, linear, sequential } from '@rheo/layers';
import { reshaped } from './flat-array.ts';
import { byTorchName } from './ncps-case.ts';
import type { ParityCase } from './parity-case.ts';
import { Unsupported } from './parity-case.ts';
import type { Fields } from './vector.ts';
import { arrayOf, fieldsOf, numberOf, requiredArray, textOf } from './vector.ts';

/** The case of an `official_*` file. */
export function officialCase(vector: Fields): ParityCase {
  const hparams = fieldsOf(vector['hparams']);
  const options = fieldsOf(vector['options']);
  const weights = fieldsOf(vector['state_dict']);
  const inner = numberOf(vector, 'in_features', 0);
  const values = requiredArray(vector, 'input');
  const [batch = 0, time = 0, features = 0] = values.shape;
  const mask = arrayOf(vector, 'mask');
  if (mask !== undefined && mask.shape.at(-1) !== features)
    throw new Unsupported('masks of another width than the input');
  const activation = textOf<string>(hparams, 'backbone_activation', 'lecun');
  const mode = hparams['minimal'] === true ? 'pure' : hparams['no_gate'] === true ? 'no_gate' : 'default';
  const outputs = requiredArray(vector, 'output');
  const fill = mask === undefined ? [] : [forwardFill({ timeSinceUpdate: inner > 2 * features })];
  const places = { cell: String(fill.length), head: String(fill.length + 1) };
  const given = arrayOf(vector, 'timespans');
  return {
    model: sequential([
      ...fill,
      cfc({
        units: requiredArray(weights, 'rnn_cell.ff1.bias').data.length,
        variant: 'official-torch',
        mode,
        backboneActivation: (activation === 'lecun' ? 'lecun_tanh' : activation) as never,
        backboneUnits: numberOf(hparams, 'backbone_units', 128),
        backboneLayers: numberOf(hparams, 'backbone_layers', 1),
        backboneDropout: numberOf(hparams, 'backbone_dr', 0),
        mixedMemory: options['use_mixed'] === true,
        returnSequences: options['return_sequences'] === true,
      }),
      linear(outputs.shape.at(-1) ?? 1),
    ]),
    features,
    timeMajor: false,
    parameters: byTorchName(weights, places),
    values,
    dt: given === undefined ? undefined : reshaped(given, [batch, time]),
    mask,
    state: {},
    expected: {
      outputs,
      finalState: {},
      parameters: byTorchName(fieldsOf(vector['grad']), places),
      values: arrayOf(vector, 'grad_input'),
      state: {},
    },
  };
}
