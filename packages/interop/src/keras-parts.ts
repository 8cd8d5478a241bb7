/**
 * The layers of a Keras file in their order, each with its weights and the questions about it.
 *
 * A `.keras` file lists its layers with their arguments; of a file of weights alone it is taken that recurrent layers come
 * first and linear dense layers follow. The arguments of config.json are the truth; a configuration may not contradict.
 */

import type { ImportConfig, ImportFamily } from './import-config.ts';
import type { Fail } from './import-error.ts';
import { configError, nameList, printable } from './import-error.ts';
import type { KerasLayer } from './keras-config.ts';
import { activationName, readKerasConfig, serialisedWiring } from './keras-config.ts';
import type { KerasWeights } from './keras-weights.ts';
import { kerasWeights } from './keras-weights.ts';
import type { KerasPart } from './plan-keras.ts';
import { Questions } from './questions.ts';
import type { Hdf5Group } from './read-hdf5.ts';

/** The parts of a file and the family they are of. Throws `format` or `argument`. */
export function kerasParts(
  root: Hdf5Group,
  description: Uint8Array | undefined,
  config: ImportConfig,
  questions: Questions,
  named: ImportFamily | undefined,
  fail: Fail,
): { readonly parts: readonly KerasPart[]; readonly family: ImportFamily } {
  const weights = kerasWeights(root);
  const cells = weights.filter(({ kind }) => kind !== 'dense');
  if (cells.length === 0) {
    throw fail(`it has no CfC or LTC, but ${nameList(weights.map(({ name }) => name)) || 'no weights'}`, {
      remedy: 'Pass the weights of a model with a layer of ncps.keras, ncps.tf or the authors’ code',
    });
  }
  const family = familyOf(cells, named, questions, description !== undefined, fail);
  if (description !== undefined)
    return { parts: listed(readKerasConfig(description, fail), weights, config, fail), family };
  const [cell, ...others] = cells;
  if (others.length > 0 || cell === undefined) {
    throw fail(`it has ${cells.length} recurrent layers, and weights alone do not tell their order and arguments`, {
      remedy: 'Save the whole model with model.save("model.keras") and import that',
    });
  }
  return {
    parts: [cell, ...weights.filter(({ kind }) => kind === 'dense')].map((own) => ({ weights: own, questions })),
    family,
  };
}

function familyOf(
  cells: readonly KerasWeights[],
  named: ImportFamily | undefined,
  questions: Questions,
  described: boolean,
  fail: Fail,
): ImportFamily {
  const authors = cells.some(({ denseHeads }) => denseHeads);
  const isLtc = cells.some(({ kind }) => kind === 'ltc');
  if (named !== undefined && !isLtc && authors !== (named === 'official-tf')) {
    throw fail(`the weights are those of ${authors ? 'the authors’ tf_cfc.py' : 'ncps'}, not of ${named}`, {
      code: 'argument',
      remedy: `Pass framework: ${authors ? 'official.tf' : 'ncps.keras or ncps.tf'}`,
    });
  }
  if (named !== undefined) return named;
  if (isLtc && !described) questions.require('framework', '"ncps.keras", "ncps.tf", "official.tf"');
  return authors ? 'official-tf' : 'ncps-keras';
}

function listed(
  layers: readonly KerasLayer[],
  weights: readonly KerasWeights[],
  config: ImportConfig,
  fail: Fail,
): KerasPart[] {
  const counts = new Map<string, number>();
  const rest = new Map(weights.map((own) => [own.name, own]));
  const parts = layers.map((layer): KerasPart => {
    // Groups are called after the class, with a number from the second on.
    const stem = snakeCase(layer.className);
    const count = counts.get(stem) ?? 0;
    counts.set(stem, count + 1);
    if (layer.className === 'Dropout') return { dropout: Number(layer.args['rate'] ?? 0) };
    const group = count === 0 ? stem : `${stem}_${count}`;
    const own = rest.get(group) ?? rest.get('rnn');
    if (own === undefined)
      throw fail(`the layer ${printable(layer.name, 60)} is a ${printable(layer.className, 60)}`, {
        at: 'config.json',
        remedy: 'Layers of ncps, Dense and Dropout can be imported; apply others outside of the model',
      });
    rest.delete(own.name);
    if (own.kind !== 'dense') return { weights: own, questions: new Questions(merged(layer, config)) };
    if (activationName(layer.args['activation']) !== 'linear' || layer.args['use_bias'] === false) {
      throw fail(`the layer ${printable(layer.name, 60)} has an activation or no bias`, {
        at: 'config.json',
        remedy:
          'Dense layers with a bias and without activation can be imported; apply the activation outside of the model',
      });
    }
    return { weights: own, questions: new Questions({ args: {} }) };
  });
  const [left] = rest.keys();
  if (left !== undefined)
    throw fail('the file has weights of a layer that its config.json does not list', { at: left });
  return parts;
}

/** The arguments of config.json; what the configuration says must be the same. */
function merged({ className, args }: KerasLayer, config: ImportConfig): ImportConfig {
  const own: Record<string, unknown> = {
    ...args,
    ...(args['activation'] === undefined ? {} : { activation: activationName(args['activation']) }),
  };
  if (typeof own['units'] === 'object') delete own['units'];
  const given: Readonly<Record<string, unknown>> = { ...config.args, ...config.hparams };
  for (const [name, value] of Object.entries(given)) {
    const shown = own[name];
    // None stands for the default, and the function swish is called silu when it is saved.
    const [said, saved] = [value, shown].map((own) => (own === 'swish' ? 'silu' : own));
    if (shown === undefined || typeof value === 'object' || typeof shown === 'object' || said === saved) continue;
    const remedy = 'Leave it out: the file itself says how the model was made';
    throw configError(`${name} is ${JSON.stringify(value)}, but ${JSON.stringify(shown)} in config.json`, name, remedy);
  }
  const wiring = serialisedWiring(args) ?? config.wiring;
  return {
    class: config.class ?? className,
    args: { ...given, ...own },
    ...(wiring === undefined ? {} : { wiring: wiring as NonNullable<ImportConfig['wiring']> }),
  };
}

function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
