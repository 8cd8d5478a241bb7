/**
 * Wirings as plain JSON and back. A description holds what the wiring is drawn from, not its matrices.
 */

import { RheoError } from '@rheo/ir';
import { unknownName } from '../options.ts';
import { ablate } from './ablate.ts';
import type { AblatedSynapse } from './ablated-synapses.ts';
import { fullyConnected } from './fully-connected.ts';
import { layeredWiring } from './layered-wiring.ts';
import { autoNcp, ncp } from './ncp.ts';
import { randomWiring } from './random-wiring.ts';
import type { Wiring, WiringConfig, WiringKind } from './wiring.ts';

/** A wiring as plain JSON. */
export type WiringDescription = {
  readonly kind: WiringKind;
  readonly config: WiringConfig;
  /** Synapses taken out. */
  readonly ablated: readonly AblatedSynapse[];
};

/** The description of a wiring. */
export function describeWiring({ kind, config, ablated }: Wiring): WiringDescription {
  return { kind, config, ablated };
}

/** The wiring of a description. Throws `format` when it is none, `argument` for a rule that is broken. */
export function wiringFromDescription(description: unknown): Wiring {
  const { kind, config, ablated = [] } = asObject(description, 'wiring');
  const make = Object.hasOwn(makers, String(kind)) ? makers[kind as WiringKind] : undefined;
  if (make === undefined) throw unknownName('wiring', 'kind', String(kind), Object.keys(makers));
  const wiring = make(asObject(config, 'wiring/config'));
  if (!Array.isArray(ablated)) throw damaged('ablated is no array', 'wiring/ablated');
  return ablated.length === 0 ? wiring : ablate(wiring, ablated.map(asAblated));
}

type Options = Readonly<Record<string, unknown>>;

const makers: { readonly [K in WiringKind]: (options: Options) => Wiring } = {
  'fully-connected': ({ units, ...options }) => fullyConnected(units as number, options),
  random: ({ units, ...options }) => randomWiring(units as number, options),
  ncp: (options) => ncp(options as never),
  'auto-ncp': ({ units, outputs, ...options }) => autoNcp(units as number, outputs as number, options),
  layered: (options) => layeredWiring(options as never),
};

function asAblated(value: unknown): AblatedSynapse {
  const { sensory, source, target } = asObject(value, 'wiring/ablated');
  if (typeof sensory !== 'boolean' || typeof source !== 'number' || typeof target !== 'number') {
    throw damaged('an ablated synapse is { sensory, source, target }', 'wiring/ablated');
  }
  return { sensory, source, target };
}

function asObject(value: unknown, where: string): Options {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Options;
  throw damaged('a description of a wiring must be an object', where);
}

function damaged(what: string, where: string): RheoError {
  const remedy = 'Pass what describeWiring returned, parsed from JSON';
  return new RheoError('format', { from: '@rheo/layers', what, where, remedy });
}
