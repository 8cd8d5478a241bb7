/**
 * The neurons of a wiring without layers: the first are motor neurons, the others inter neurons.
 */

import type { LayerOfNeurons } from './wiring.ts';
import { wiringError } from './wiring.ts';

/** One layer of all neurons. Throws `argument` if there are more outputs than neurons. */
export function oneLayer(
  kind: string,
  { units, outputs }: { readonly units: number; readonly outputs: number },
): { readonly outputs: number; readonly layers: readonly LayerOfNeurons[] } {
  if (outputs > units) {
    const what = `there cannot be ${outputs} outputs of ${units} units`;
    throw wiringError(kind, what, 'outputs', `Use at most ${units} outputs`);
  }
  const types = Array.from({ length: units }, (_, id) => (id < outputs ? 'motor' : 'inter'));
  return { outputs, layers: [{ name: 'neuron', types }] };
}
