/**
 * The shapes and modes that are timed: one table, so that every contender is asked for the same work.
 *
 * `infer` is a forward pass over the whole sequence, all outputs kept. `train` is forward, backward of mean(y²)
 * through every step, and an Adam update. `stream` is one call of one step with the state carried between calls.
 */
import type { Wiring } from '@rheo/layers';
import { autoNcp, fullyConnected } from '@rheo/layers';

export type Mode = 'infer' | 'train' | 'stream';

interface Sizes {
  readonly name: string;
  readonly features: number;
  readonly units: number;
  readonly batch: number;
  /** Time steps of one call. */
  readonly steps: number;
  readonly modes: readonly Mode[];
}

/** A CfC (mode default, lecun_tanh backbone) and the batch it is run on. */
export interface CfcShape extends Sizes {
  readonly cell: 'cfc';
  /** Width of each backbone layer. */
  readonly backbone: number;
  /** Number of backbone layers. */
  readonly depth: number;
}

/** An LTC without maps of inputs and outputs; its outputs are the wiring's. Streaming is not timed. */
export interface LtcShape extends Sizes {
  readonly cell: 'ltc';
  readonly wiring: Wiring;
  readonly unfolds: number;
}

/** A CfC in the layers of a wiring, without backbone; its outputs are the wiring's. Streaming is not timed. */
export interface NcpShape extends Sizes {
  readonly cell: 'ncp';
  readonly wiring: Wiring;
}

export type Shape = CfcShape | LtcShape | NcpShape;

const whole: readonly Mode[] = ['infer', 'train'];
const cfc = { cell: 'cfc', modes: whole } as const;
const ltc = { cell: 'ltc', steps: 32, unfolds: 6, modes: whole } as const;

export const shapes: readonly Shape[] = [
  { ...cfc, name: 'S', features: 5, units: 32, backbone: 128, depth: 1, batch: 32, steps: 32 },
  { ...cfc, name: 'M', features: 16, units: 64, backbone: 128, depth: 1, batch: 64, steps: 64 },
  { ...cfc, name: 'L', features: 17, units: 256, backbone: 256, depth: 2, batch: 256, steps: 64 },
  { cell: 'ncp', name: 'NCP', features: 8, units: 28, wiring: autoNcp(28, 4), batch: 32, steps: 32, modes: whole },
  { ...ltc, name: 'LTC28', features: 8, units: 28, wiring: autoNcp(28, 4), batch: 32 },
  { ...ltc, name: 'LTC64', features: 17, units: 64, wiring: fullyConnected(64), batch: 64 },
  { ...cfc, name: 'stream', features: 5, units: 32, backbone: 128, depth: 1, batch: 1, steps: 1, modes: ['stream'] },
];

/** Width of a shape's output. */
export function outputsOf(shape: Shape): number {
  return shape.cell === 'cfc' ? shape.units : shape.wiring.outputs;
}

export const modes: readonly Mode[] = ['infer', 'train', 'stream'];

/** Work of one step in products; one of a synapse, with its logistic function, costs as much as many. */
export function products(shape: Shape): number {
  const { batch, features, units } = shape;
  if (shape.cell === 'ltc') return 16 * batch * units * (features + units * shape.unfolds);
  if (shape.cell === 'ncp') return batch * 4 * units * (features + units);
  const { backbone, depth } = shape;
  return batch * backbone * (features + units + (depth - 1) * backbone + 4 * units);
}
