/**
 * The shapes and modes that are timed: one table, so that every contender is asked for the same work.
 *
 * `infer` is a forward pass over the whole sequence, all outputs kept. `train` is forward, backward of mean(y²)
 * through every step, and an Adam update. `stream` is one call of one step with the state carried between calls.
 */

export type Mode = 'infer' | 'train' | 'stream';

/** One CfC (mode default, lecun_tanh backbone) and the batch it is run on. */
export interface Shape {
  readonly name: string;
  readonly features: number;
  readonly units: number;
  /** Width of each backbone layer. */
  readonly backbone: number;
  /** Number of backbone layers. */
  readonly depth: number;
  readonly batch: number;
  /** Time steps of one call. */
  readonly steps: number;
  readonly modes: readonly Mode[];
}

const whole: readonly Mode[] = ['infer', 'train'];

export const shapes: readonly Shape[] = [
  { name: 'S', features: 5, units: 32, backbone: 128, depth: 1, batch: 32, steps: 32, modes: whole },
  { name: 'M', features: 16, units: 64, backbone: 128, depth: 1, batch: 64, steps: 64, modes: whole },
  { name: 'L', features: 17, units: 256, backbone: 256, depth: 2, batch: 256, steps: 64, modes: whole },
  { name: 'stream', features: 5, units: 32, backbone: 128, depth: 1, batch: 1, steps: 1, modes: ['stream'] },
];

export const modes: readonly Mode[] = ['infer', 'train', 'stream'];
