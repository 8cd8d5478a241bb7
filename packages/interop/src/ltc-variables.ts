/**
 * The order in which the Keras cells of ncps and the authors make the variables of an LTC. Files number them.
 */

import type { LtcMapping } from './cell-options.ts';

const always = [
  'gleak',
  'vleak',
  'cm',
  'sigma',
  'mu',
  'w',
  'erev',
  'sensory_sigma',
  'sensory_mu',
  'sensory_w',
  'sensory_erev',
] as const;

/** How many variables do not depend on the mappings. */
export const fixedVariables: number = always.length;

/** Names by number, for these mappings. */
export function ltcVariables(input: LtcMapping, output: LtcMapping): string[] {
  return [...always, ...mapped('input', input), ...mapped('output', output)];
}

function mapped(name: string, mapping: LtcMapping): string[] {
  if (mapping === 'none') return [];
  return mapping === 'linear' ? [`${name}_w`] : [`${name}_w`, `${name}_b`];
}
