/**
 * Which seeds the generators of wirings take.
 */

import { RheoError } from '@rheo/ir';
import type { OptionRule } from '../options.ts';

/** A seed of MT19937. */
export const legacySeed: OptionRule = {
  takes: 'an integer from 0 to 4294967295',
  accepts: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffffffff,
};

/** A seed of PCG64; larger ones are written as text, because numbers cannot hold them exactly. */
export const numpySeed: OptionRule = {
  takes: 'an integer of at least 0, above 9007199254740991 as a text of digits',
  accepts: (value) =>
    typeof value === 'string' ? /^\d{1,80}$/.test(value) : Number.isSafeInteger(value) && Number(value) >= 0,
};

/** The error for a seed that a generator does not take. */
export function wrongSeed(kind: string, seed: unknown, rule: OptionRule): RheoError {
  const what = `${kind}: the seed is ${String(seed).slice(0, 80)}`;
  return new RheoError('argument', { from: '@rheo/layers', what, where: 'seed', remedy: `It takes ${rule.takes}` });
}
