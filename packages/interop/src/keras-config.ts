/**
 * The layers of a `.keras` file as its config.json lists them: class, name and constructor arguments.
 *
 * Classes are names to compare with, never code to look up. Only chains of layers are understood.
 */

import type { Fail } from './import-error.ts';
import { printable } from './import-error.ts';

/** A layer with its arguments. */
export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** True if the class is registered by ncps. */
  readonly ncps: boolean;
}

type Json = Readonly<Record<string, unknown>>;

const chainOnly = 'Import its recurrent part alone: save the weights of a Sequential of it';

/** The layers that have a part in the output, in order. Throws `format`. */
export function readKerasConfig(bytes: Uint8Array, fail: Fail): KerasLayer[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw fail('it is no JSON', { at: 'config.json', cause });
  }
  const model = asObject(parsed, fail);
  const config = asObject(model['config'], fail);
  const { layers } = config;
  if (model['class_name'] !== 'Sequential' && model['class_name'] !== 'Functional') {
    const what = `the model is a ${printable(String(model['class_name']), 60)}, and neither Sequential nor Functional`;
    throw fail(what, { at: 'config.json', remedy: chainOnly });
  }
  if (!Array.isArray(layers)) throw fail('it lists no layers', { at: 'config.json' });
  const found = layers.map((layer: unknown) => layerOf(asObject(layer, fail), fail));
  if (model['class_name'] === 'Functional') checkChain(layers as readonly Json[], found, fail);
  return found.filter(({ className }) => className !== 'InputLayer');
}

function layerOf(layer: Json, fail: Fail): KerasLayer {
  const args = asObject(layer['config'], fail);
  const cell = args['cell'];
  const isRnn = layer['class_name'] === 'RNN' && typeof cell === 'object' && cell !== null;
  const inner = isRnn ? (cell as Json) : layer;
  const className = String(inner['class_name']);
  const registered = `${String(inner['registered_name'])} ${String(inner['module'])}`;
  return {
    className,
    name: String(args['name'] ?? className),
    args: isRnn ? { ...args, ...asObject(inner['config'], fail) } : args,
    ncps: /\bncps\b/.test(registered),
  };
}

function checkChain(layers: readonly Json[], found: readonly KerasLayer[], fail: Fail): void {
  layers.forEach((layer, index) => {
    const text = JSON.stringify(layer['inbound_nodes'] ?? []);
    const before = found[index - 1]?.name;
    const sources = text.split('"keras_history"').length - 1;
    if (index === 0 ? sources === 0 : sources === 1 && text.includes(JSON.stringify(before))) return;
    const name = found[index]?.name ?? '';
    throw fail(`the layer ${printable(name, 60)} does not follow the one before it`, {
      at: 'config.json',
      remedy: chainOnly,
    });
  });
}

/** A serialised activation: a name, or a function by its name. */
export function activationName(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? 'linear';
  const { config, class_name: name } = value as Json;
  return typeof config === 'string' ? config.replace(/^.*>/, '') : name;
}

/** The wiring of a layer: `units` has it with its class, `wiring` only sometimes. */
export function serialisedWiring(args: Json): unknown {
  return [args['wiring'], args['units']].find(
    (value) => typeof value === 'object' && value !== null && 'class_name' in value,
  );
}

function asObject(value: unknown, fail: Fail): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw fail('it does not describe a Keras model', { at: 'config.json' });
}
