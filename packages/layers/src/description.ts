/**
 * Models as plain JSON and back. A description has every option with its value, so it does not change its meaning when a
 * default does; reading one checks every option, because descriptions come from files.
 */

import { RheoError } from '@rheo/ir';
import { baselineKinds } from './baselines/kinds.ts';
import { bidirectional } from './bidirectional.ts';
import { cfc } from './cfc.ts';
import { dropout } from './dropout.ts';
import { forwardFill } from './forward-fill.ts';
import type { Json, Layer } from './layer.ts';
import { linear } from './linear.ts';
import { lstm } from './lstm.ts';
import { ltc } from './ltc.ts';
import { unknownName } from './options.ts';
import type { LayerDescription } from './sequential.ts';
import { sequential } from './sequential.ts';
import { wiringFromDescription } from './wirings/wiring-description.ts';

/** A model as plain JSON. */
export type ModelDescription = LayerDescription & { readonly format: 'rheo-model'; readonly version: 1 };

/** Layers may be nested this deep in a description. */
const maximumDepth = 32;

/** The description of a model. */
export function describe(model: Layer): ModelDescription {
  return { format: 'rheo-model', version: 1, kind: model.kind, config: copyOf(model.config) };
}

/** The model of a description. Throws `format` when it is none, `argument` for a wrong option. */
export function modelFromDescription(description: unknown): Layer {
  const { format, version } = asObject(description, 'the description');
  if (format !== 'rheo-model') {
    throw damaged('this is no model description', 'Pass what describe(model) returned, parsed from JSON');
  }
  if (version !== 1) throw damaged(`version ${String(version)} of model descriptions is not known`, 'Update Rheo');
  return layerFrom(description, 'model', 0);
}

function layerFrom(description: unknown, where: string, depth: number): Layer {
  if (depth > maximumDepth) throw damaged(`layers are nested more than ${maximumDepth} deep`, 'Flatten the model');
  const { kind, config } = asObject(description, where);
  const options = asObject(config, `${where}/config`);
  switch (kind) {
    case 'cfc':
      return cfc(withWiring(options) as never);
    case 'lstm':
      return lstm(options as never);
    case 'ltc':
      return ltc(options as never);
    case 'linear':
      return linear(options as never);
    case 'dropout':
      return dropout(only(options, 'rate', 'dropout') as number);
    case 'forward-fill':
      return forwardFill(options);
    case 'bidirectional': {
      const { layer, ...rest } = options;
      return bidirectional(layerFrom(layer, `${where}/layer`, depth + 1), rest);
    }
    case 'sequential': {
      const layers = only(options, 'layers', 'sequential');
      if (!Array.isArray(layers)) throw damaged('layers of sequential is no array', undefined, where);
      return sequential(layers.map((layer: unknown, index) => layerFrom(layer, `${where}/${index}`, depth + 1)));
    }
    default: {
      const baseline = baselineKinds.get(String(kind));
      if (baseline !== undefined) return baseline(options as never);
      throw unknownName('model', 'layer kind', String(kind), layerKinds);
    }
  }
}

/** Options in which a wiring is a wiring, and not its description. */
function withWiring(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.hasOwn(options, 'wiring') ? { ...options, wiring: wiringFromDescription(options['wiring']) } : options;
}

const layerKinds: readonly string[] = [
  'cfc',
  'lstm',
  'ltc',
  'linear',
  'dropout',
  'forward-fill',
  'sequential',
  'bidirectional',
  ...baselineKinds.keys(),
];

function copyOf<T extends Json>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function only(options: Readonly<Record<string, unknown>>, name: string, kind: string): unknown {
  for (const key of Object.keys(options)) if (key !== name) throw unknownName(kind, 'option', key, [name]);
  return options[name];
}

function asObject(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw damaged('a description must be an object', undefined, where);
  }
  return value as Readonly<Record<string, unknown>>;
}

function damaged(what: string, remedy?: string, where?: string): RheoError {
  return new RheoError('format', { from: '@rheo/layers', what, where, remedy });
}
