/**
 * Taking synapses out of a wiring: a new wiring, in which all others are as they were. Nothing is drawn anew.
 */

import type { AblatedSynapse } from './ablated-synapses.ts';
import type { Wiring } from './wiring.ts';
import { wiringError, withAblated } from './wiring.ts';

/** A synapse by ids or names of neurons; the source is an input if it is called `sensory_3`, or with `sensory: true`. */
export interface SynapseReference {
  readonly source: number | string;
  readonly target: number | string;
  readonly sensory?: boolean | undefined;
}

/**
 * The wiring without these synapses, besides those taken out before; what `synapses()` of a built wiring lists may be
 * passed. Throws `argument` for a neuron that does not exist; `build` throws it for a synapse that is not there.
 */
export function ablate(wiring: Wiring, synapses: readonly SynapseReference[]): Wiring {
  const found = new Map(wiring.ablated.map((synapse) => [keyOf(synapse), synapse]));
  for (const reference of synapses) {
    const synapse = resolve(wiring, reference);
    found.set(keyOf(synapse), synapse);
  }
  return withAblated(
    wiring,
    [...found.keys()].sort().flatMap((key) => found.get(key) ?? []),
  );
}

function resolve(wiring: Wiring, { source, target, sensory }: SynapseReference): AblatedSynapse {
  const input = typeof source === 'string' ? /^sensory_(\d+)$/.exec(source)?.[1] : undefined;
  const id = neuronId(wiring, target);
  if (input !== undefined) return { sensory: true, source: Number(input), target: id };
  if (sensory !== true) return { sensory: false, source: neuronId(wiring, source), target: id };
  if (!Number.isSafeInteger(source) || Number(source) < 0) throw unknownNeuron(wiring, source);
  return { sensory: true, source: Number(source), target: id };
}

function neuronId(wiring: Wiring, neuron: number | string): number {
  const found = wiring.neurons.find(({ id, name }) => id === neuron || name === neuron);
  if (found === undefined) throw unknownNeuron(wiring, neuron);
  return found.id;
}

function unknownNeuron(wiring: Wiring, neuron: number | string): Error {
  const names = wiring.layers.map(({ name, neurons }) => `${name}_0 to ${name}_${neurons.length - 1}`).join(', ');
  const remedy = `There are the ids 0 to ${wiring.units - 1}, the names ${names}, and sensory_0 … as sources`;
  return wiringError('ablate', `there is no neuron ${JSON.stringify(neuron)}`, 'synapses', remedy);
}

function keyOf({ sensory, source, target }: AblatedSynapse): string {
  return [sensory ? 1 : 0, source, target].map((part) => String(part).padStart(10, '0')).join(' ');
}
