/**
 * Weights of a problem: how they are laid out, and their seeded first values.
 *
 * A fused head holds the four output maps of a CfC side by side (f1, f2, a, b). An NCP is a CfC without backbone for each
 * layer of its wiring; masks of its heads hold 1 where there is a synapse, and apply to f1 and f2 alone.
 */
import type { CfcShape, LtcShape, NcpShape } from './shapes.ts';

/** An affine map: `weight` is [inputs, outputs] in row order, `bias` is [outputs]. */
export interface Dense {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface CfcWeights {
  readonly body: readonly Dense[];
  /** Four maps of `units` outputs each, in the order f1, f2, a, b. */
  readonly head: Dense;
}

/** The parameters of an LTC, by the names of its original. */
export const ltcNames = [
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

/** Matrices are [source, target]; masks hold 1 where there is a synapse. */
export interface LtcWeights {
  readonly parameters: { readonly [name in (typeof ltcNames)[number]]: Float32Array };
  readonly mask: Float32Array;
  readonly sensoryMask: Float32Array;
}

/** A layer of a wired CfC: its head, and the mask [inputs, units] of f1 and f2. */
export interface NcpLayer {
  readonly head: Dense;
  readonly mask: Float32Array;
}

/** Layers from the inputs to the outputs: inter, command, motor. */
export interface NcpWeights {
  readonly layers: readonly NcpLayer[];
}

/** `count` numbers, uniform between two bounds. */
export type Uniform = (count: number, low: number, high: number) => Float32Array;

function dense(inputs: number, outputs: number, uniform: Uniform): Dense {
  const bound = 1 / Math.sqrt(inputs);
  const weight = uniform(inputs * outputs, -bound, bound);
  return { inputs, outputs, weight, bias: uniform(outputs, -bound, bound) };
}

export function cfcWeights(shape: CfcShape, uniform: Uniform): CfcWeights {
  const body: Dense[] = [];
  let width = shape.features + shape.units;
  for (let layer = 0; layer < shape.depth; layer += 1) {
    body.push(dense(width, shape.backbone, uniform));
    width = shape.backbone;
  }
  return { body, head: dense(width, 4 * shape.units, uniform) };
}

const present = (sign: number): number => (sign === 0 ? 0 : 1);

/** Masks are the synapses from the inputs or the layer below; a layer is dense in its own state. */
export function ncpWeights({ wiring, features, units }: NcpShape, uniform: Uniform): NcpWeights {
  const built = wiring.build(features);
  const [inner, sensory] = [built.adjacency(), built.sensoryAdjacency()];
  const layers = built.layers.map(({ neurons }, index): NcpLayer => {
    const below = built.layers[index - 1]?.neurons ?? Array.from({ length: features }, (_, input) => input);
    const own = neurons.length;
    const mask = new Float32Array((below.length + own) * own).fill(1);
    below.forEach((source, row) => {
      neurons.forEach((target, column) => {
        mask[row * own + column] = present((index === 0 ? sensory : inner)[source * units + target] ?? 0);
      });
    });
    return { head: dense(below.length + own, 4 * own, uniform), mask };
  });
  return { layers };
}

/** First values in the ranges of the original; polarities are random. */
export function ltcWeights({ wiring, features, units }: LtcShape, uniform: Uniform): LtcWeights {
  const built = wiring.build(features);
  const mask = (adjacency: Int8Array): Float32Array => Float32Array.from(adjacency, present);
  const signs = (count: number): Float32Array => uniform(count, -1, 1).map((value) => (value < 0 ? -1 : 1));
  const [inner, sensory] = [units * units, features * units];
  const parameters = {
    gleak: uniform(units, 0.001, 1),
    vleak: uniform(units, -0.2, 0.2),
    cm: uniform(units, 0.4, 0.6),
    sigma: uniform(inner, 3, 8),
    mu: uniform(inner, 0.3, 0.8),
    w: uniform(inner, 0.001, 1),
    erev: signs(inner),
    sensory_sigma: uniform(sensory, 3, 8),
    sensory_mu: uniform(sensory, 0.3, 0.8),
    sensory_w: uniform(sensory, 0.001, 1),
    sensory_erev: signs(sensory),
  };
  return { parameters, mask: mask(built.adjacency()), sensoryMask: mask(built.sensoryAdjacency()) };
}
