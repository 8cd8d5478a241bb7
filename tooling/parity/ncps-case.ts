/**
 * Vectors of ncps.torch: the class CfC, with a wiring or without.
 *
 * Unbatched inputs get a batch of one; what the library returns for them has the same numbers in the same order, with
 * or without the leading axis that it leaves in one case.
 */

import type { CfcMode, Layer } from '@rheo/layers';
import { cfc, linear, sequential } from '@rheo/layers';
import type { FlatArray } from './flat-array.ts';
import { flatArray, reshaped } from './flat-array.ts';
import type { ByPath, ParityCase } from './parity-case.ts';
import { Unsupported } from './parity-case.ts';
import { fromTorch, torchPaths } from './torch-names.ts';
import type { Fields } from './vector.ts';
import { arrayOf, fieldsOf, numberOf, requiredArray, textOf } from './vector.ts';
import { wiringOf } from './wiring-of.ts';

/** The case of a `cfc_*` file. Throws `Unsupported` for other classes. */
export function ncpsCase(vector: Fields): ParityCase {
  const kind = String(vector['class']);
  if (kind !== 'CfC') throw new Unsupported(`the class ${kind} has no cell here`);
  const args = fieldsOf(vector['args']);
  const layout = fieldsOf(vector['layout']);
  const wiring = wiringOf(vector['wiring']);
  const units = wiring?.units ?? numberOf(args, 'units', 0);
  const proj = numberOf(args, 'proj_size', 0);
  const unbatched = layout['unbatched'] === true;
  const timeMajor = (args['batch_first'] ?? true) === false;
  const common = {
    variant: 'ncps-torch',
    mode: textOf<CfcMode>(args, 'mode', 'default'),
    mixedMemory: args['mixed_memory'] === true,
    returnSequences: (args['return_sequences'] ?? true) === true,
  } as const;
  // With a wiring the original ignores the activation.
  const cell: Layer =
    wiring !== undefined
      ? cfc({ ...common, wiring })
      : cfc({
          ...common,
          units,
          backboneActivation: textOf(args, 'activation', 'lecun_tanh'),
          backboneUnits: numberOf(args, 'backbone_units', 128),
          backboneLayers: numberOf(args, 'backbone_layers', 1),
          backboneDropout: numberOf(args, 'backbone_dropout', 0),
        });
  const states = args['mixed_memory'] === true ? { h: 'h', c: 'c' } : { h: 'h' };
  const values = withBatch(requiredArray(vector, 'input'), unbatched, timeMajor);
  const [outer = 0, inner = 0, features = 0] = values.shape;
  const [batch, time] = timeMajor ? [inner, outer] : [outer, inner];
  const state = (suffix: (name: string) => string): ByPath =>
    statesBy(states, (name) => arrayOf(vector, suffix(name)), [batch, units]);
  return {
    model: proj > 0 ? sequential([cell, linear(proj)]) : sequential([cell]),
    features,
    timeMajor,
    parameters: byTorchName(fieldsOf(vector['state_dict']), { cell: '0', head: '1' }),
    values,
    dt: elapsedTimes(arrayOf(vector, 'timespans'), batch, time, timeMajor),
    mask: undefined,
    state: state((name) => `${name}0`),
    expected: {
      outputs: requiredArray(vector, 'output'),
      finalState: state((name) => `${name}n`),
      parameters: byTorchName(fieldsOf(vector['grad']), { cell: '0', head: '1' }),
      values: arrayOf(vector, 'grad_input'),
      state: state((name) => `grad_${name}0`),
    },
  };
}

/** Tensors of a state_dict, or gradients under its names, by Rheo path; masks are part of the wiring. */
export function byTorchName(tensors: Fields, places: { readonly cell: string; readonly head: string }): ByPath {
  const named = Object.entries(tensors).filter(([name]) => !name.endsWith('sparsity_mask'));
  const paths = torchPaths(
    named.map(([name]) => name),
    places,
  );
  return Object.fromEntries(
    named.map(([name, tensor]) => [paths.get(name) ?? name, fromTorch(name, flatArray(tensor, name))]),
  );
}

/** States of layer 0 by path, as far as the vector has them. */
export function statesBy(
  names: Readonly<Record<string, string>>,
  read: (name: string) => FlatArray | undefined,
  shape: readonly number[],
  layer: string = '0',
): ByPath {
  const found: Record<string, FlatArray> = {};
  for (const [leaf, name] of Object.entries(names)) {
    const array = read(name);
    if (array !== undefined) found[`${layer}/${leaf}`] = reshaped(array, shape);
  }
  return found;
}

/** Unbatched inputs with a batch of one. */
export function withBatch(input: FlatArray, unbatched: boolean, timeMajor: boolean): FlatArray {
  const [time = 0, features = 0] = input.shape;
  if (!unbatched) return input;
  return reshaped(input, timeMajor ? [time, 1, features] : [1, time, features]);
}

/** ncps takes one row of times for the whole batch, and times per unit; a row of its own here is [time]. */
export function elapsedTimes(
  given: FlatArray | undefined,
  batch: number,
  time: number,
  timeMajor: boolean,
): FlatArray | undefined {
  if (given === undefined) return undefined;
  const { length } = given.data;
  if (length === time) return reshaped(given, [time]);
  const rows = timeMajor ? [time, batch] : [batch, time];
  return length === batch * time ? reshaped(given, rows) : reshaped(given, [...rows, length / (batch * time)]);
}
