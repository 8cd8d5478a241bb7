/**
 * The parameters of an LTC, and how they start: uniform in ranges, potentials of reversal as the signs of the wiring.
 */

import { RheoError } from '@rheo/ir';
import type { LtcForm, LtcMapping, LtcParameters } from './cells/ltc-cell.ts';
import type { SynapseMap, SynapseParameters } from './cells/synapses.ts';
import { unknownName } from './options.ts';
import type { Initialiser, ParameterSpec } from './parameter.ts';
import { parameter, startAt } from './parameter.ts';

/** [low, high] of uniform first values. */
export type LtcRanges = {
  readonly [name in keyof typeof defaultRanges]: readonly [number, number];
};

const defaultRanges = {
  gleak: [0.001, 1],
  vleak: [-0.2, 0.2],
  cm: [0.4, 0.6],
  w: [0.001, 1],
  sigma: [3, 8],
  mu: [0.3, 0.8],
  sensory_w: [0.001, 1],
  sensory_sigma: [3, 8],
  sensory_mu: [0.3, 0.8],
} as const;

const nonnegative: readonly string[] = ['gleak', 'cm', 'w', 'sensory_w'];

/** What decides how parameters start. */
export interface LtcStart {
  readonly inputs: number;
  readonly inputMapping: LtcMapping;
  readonly outputMapping: LtcMapping;
  readonly polarity: 'wiring' | 'random';
  readonly initialisationRanges: LtcRanges;
  /** What the ranges are of: the stored numbers, or the conductances and capacities that they stand for. */
  readonly initialValues: 'stored' | 'effective';
}

/** All ranges, with defaults where none is given. Throws `argument` naming the range. */
export function readRanges(given: unknown): LtcRanges {
  if (given === undefined) return defaultRanges;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw rangeError('initialisationRanges is no object', 'initialisationRanges', 'Pass { w: [0.001, 1] }');
  }
  const ranges: Record<string, unknown> = { ...defaultRanges };
  for (const [name, range] of Object.entries(given)) {
    if (!Object.hasOwn(defaultRanges, name)) throw unknownName('ltc', 'range', name, Object.keys(defaultRanges));
    if (range === undefined) continue;
    const [low, high] = (Array.isArray(range) ? range : []) as unknown[];
    const valid = Number.isFinite(low) && Number.isFinite(high) && Number(low) <= Number(high) && range.length === 2;
    if (!valid) {
      throw rangeError(`the range of ${name} is not a valid range`, name, 'Pass [low, high], finite, low at most high');
    }
    if (nonnegative.includes(name) && Number(low) < 0) {
      throw rangeError(`the range of ${name} must be non-negative`, name, 'Pass [low, high] with low at least 0');
    }
    ranges[name] = [low, high];
  }
  return ranges as LtcRanges;
}

/** The parameters of an LTC, by the names of the originals. */
export function ltcSpec(form: LtcForm, start: LtcStart): LtcParameters<ParameterSpec> {
  const { initialisationRanges: ranges, inputMapping, outputMapping, inputs } = start;
  const units = form.inner.targets;
  const softplus = form.positivity === 'implicit' && start.initialValues === 'effective';
  const uniform = (name: keyof LtcRanges): Initialiser => ({
    kind: 'range',
    low: ranges[name][0],
    high: ranges[name][1],
    ...(softplus && nonnegative.includes(name) ? { softplus } : {}),
  });
  const kept = (spec: ParameterSpec): ParameterSpec =>
    form.positivity === 'explicit' ? { ...spec, constraint: 'nonnegative' } : spec;
  const synapses = (map: SynapseMap, prefix: '' | 'sensory_'): SynapseParameters<ParameterSpec> => {
    const shape = [map.sources, map.targets];
    return {
      sigma: parameter(shape, 'scale', uniform(`${prefix}sigma`)),
      mu: parameter(shape, 'bias', uniform(`${prefix}mu`)),
      w: kept(parameter(shape, prefix === '' ? 'recurrent' : 'kernel', uniform(`${prefix}w`))),
      erev: parameter(shape, 'wiring', reversal(map, start.polarity)),
    };
  };
  const sensory = synapses(form.sensory, 'sensory_');
  return {
    gleak: kept(parameter([units], 'time', uniform('gleak'))),
    vleak: parameter([units], 'bias', uniform('vleak')),
    cm: kept(parameter([units], 'time', uniform('cm'))),
    ...synapses(form.inner, ''),
    sensory_sigma: sensory.sigma,
    sensory_mu: sensory.mu,
    sensory_w: sensory.w,
    sensory_erev: sensory.erev,
    ...(inputMapping === 'none' ? {} : { input_w: parameter([inputs], 'scale', startAt(1)) }),
    ...(inputMapping === 'affine' ? { input_b: parameter([inputs], 'bias', startAt(0)) } : {}),
    ...(outputMapping === 'none' ? {} : { output_w: parameter([form.motors], 'scale', startAt(1)) }),
    ...(outputMapping === 'affine' ? { output_b: parameter([form.motors], 'bias', startAt(0)) } : {}),
  };
}

function reversal({ polarity }: SynapseMap, start: 'wiring' | 'random'): Initialiser {
  return start === 'random' || polarity === undefined ? { kind: 'signs' } : { kind: 'values', values: polarity };
}

function rangeError(what: string, where: string, remedy: string): RheoError {
  return new RheoError('argument', { from: '@rheo/layers', what: `ltc: ${what}`, where, remedy });
}
