/**
 * Which neuron stands in which column of a layer's state. An LTC has them in order of ids, a wired CfC in the order of the
 * wiring's layers.
 */

import type { LayerDescription } from '../sequential.ts';
import { wiringFromDescription } from '../wirings/wiring-description.ts';

/** Names of the neurons in the columns of `h`; undefined for a layer without a wiring. */
export function stateNeurons({ kind, config }: LayerDescription): readonly string[] | undefined {
  const description = config['wiring'];
  if ((kind !== 'ltc' && kind !== 'cfc') || description === undefined || description === null) return undefined;
  const { neurons, layers } = wiringFromDescription(description);
  const order = kind === 'ltc' ? neurons.map(({ id }) => id) : layers.flatMap((layer) => layer.neurons);
  return order.map((id) => neurons[id]?.name ?? String(id));
}
