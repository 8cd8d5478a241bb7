/**
 * Rules for options that several wirings have.
 */

import type { OptionRule } from '../options.ts';
import { wiringError } from './wiring.ts';

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
