/**
 * Rules for options that several wirings have.
 */

import type { OptionRule } from '../options.ts';
import { wiringError } from './wiring.ts';

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

/** How often the original would have built it. */
export const timesBuilt: OptionRule = {
  takes: 'an integer from 1 to 100',
  accepts: (value) => Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= 100,
};

/**
 * ncps draws on top of what is there when one wiring object is given to several layers: the second layer has what
 * `timesBuilt: 2` makes. Weights of such a layer need it; nothing else does.
 */
export type TimesBuilt = { readonly timesBuilt: number };

/** Options together with the arguments before them. Throws `argument` when the options are no object. */
export function withArguments<T extends object>(kind: string, options: object, given: T): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wiringError(kind, `options are ${String(options)}`, 'options', 'Pass an object such as { seed: 7 }');
  }
  return { ...options, ...given };
}
