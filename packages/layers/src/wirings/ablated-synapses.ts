/**
 * Synapses that are taken out of a wiring after it is drawn; the others stay as they are.
 */

import { RheoError } from '@rheo/ir';
import type { SynapseDraft } from './synapse-draft.ts';

/** A synapse to take out: between neurons, or from an input if `sensory`. */
export type AblatedSynapse = { readonly sensory: boolean; readonly source: number; readonly target: number };

/** Takes synapses out. Throws `argument` for one that is not there. */
export function removeSynapses(draft: SynapseDraft, ablated: readonly AblatedSynapse[]): void {
  for (const { sensory, source, target } of ablated) {
    const matrix = sensory ? draft.sensory : draft.inner;
    const index = source * draft.units + target;
    if (source >= (sensory ? draft.inputs : draft.units) || (matrix[index] ?? 0) === 0) {
      throw new RheoError('argument', {
        from: '@rheo/layers',
        what: `${draft.kind}: there is no synapse from ${sensory ? 'input' : 'neuron'} ${source} to neuron ${target}`,
        where: 'ablated',
        remedy: 'Ablate synapses that synapses() or sensorySynapses() of the built wiring lists',
      });
    }
    matrix[index] = 0;
  }
}
