/**
 * The rate as it is, or a fixed share of it: what `warmUp` goes on with unless told otherwise.
 */

import { full } from '@rheo/core';
import { checkOptions } from '../check-options.ts';
import type { Schedule } from './schedule.ts';

/** A schedule of one factor, 1 by default. Throws `argument` unless it is a finite number of at least 0. */
export function constantRate(options: { readonly factor?: number } = {}): Schedule {
  checkOptions('constantRate', options, { factor: 'not negative' });
  const { factor = 1 } = options;
  return { name: 'constant', config: { factor }, factor: () => full([], factor) };
}
