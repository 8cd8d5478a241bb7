/**
 * From the tails of Keras weight paths to paths of Rheo parameters. Kernels are [in, out] on both sides.
 */

import type { FlatArray } from './flat-array.ts';
import { reshaped } from './flat-array.ts';

const fixed: Readonly<Record<string, string>> = {
  ff1_weight: 'ff1/kernel',
  ff1_bias: 'ff1/bias',
  ff2_weight: 'ff2/kernel',
  ff2_bias: 'ff2/bias',
  'time_a/kernel': 'time_a/kernel',
  'time_a/bias': 'time_a/bias',
  'time_b/kernel': 'time_b/kernel',
  'time_b/bias': 'time_b/bias',
  w_tau: 'w_tau',
  A: 'A',
  input_kernel: 'lstm/input/kernel',
  bias: 'lstm/input/bias',
  recurrent_kernel: 'lstm/recurrent/kernel',
  gleak: 'gleak',
  vleak: 'vleak',
  cm: 'cm',
  sigma: 'sigma',
  mu: 'mu',
  w: 'w',
  erev: 'erev',
  sensory_sigma: 'sensory_sigma',
  sensory_mu: 'sensory_mu',
  sensory_w: 'sensory_w',
  sensory_erev: 'sensory_erev',
  input_w: 'input_w',
  input_b: 'input_b',
  output_w: 'output_w',
  output_b: 'output_b',
};

/** The Rheo path of a weight of a Keras CfC or LTC, below the path of its layer. Throws for a name that has none. */
export function kerasPath(name: string, cell: string): string {
  const [, layer, leaf] = /^backbone(\d+)\/(kernel|bias)$/.exec(name) ?? [];
  const path = layer === undefined ? fixed[name] : `backbone/${layer}/${leaf}`;
  if (path === undefined) throw new Error(`no parameter of Rheo is called ${name} in Keras`);
  return `${cell}/${path}`;
}

/**
 * The Rheo paths of the weights of a layer in their order; the cells of a wiring follow each other under the same names,
 * each beginning with its `ff1_weight`.
 */
export function kerasPaths(names: readonly string[], cell: string, wired: boolean): string[] {
  let index = -1;
  return names.map((name) => {
    if (name === 'ff1_weight') index++;
    return kerasPath(name, wired && index >= 0 ? `${cell}/layers/${index}` : cell);
  });
}

/** A Keras weight as Rheo lays it out: w_tau and A lose their leading axis. */
export function fromKeras(name: string, tensor: FlatArray): FlatArray {
  return name === 'w_tau' || name === 'A' ? reshaped(tensor, [tensor.data.length]) : tensor;
}
