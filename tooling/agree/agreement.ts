/**
 * Trains on a backend, goes on from the middle of another backend's training, and says how far losses are apart.
 */
import type { Backend } from '@rheo/ir';
import type { TrainingState } from '@rheo/train';
import { train } from '@rheo/train';
import { setup, stepsPerEpoch, trainings } from './trainings.ts';

/** How far the losses of a step may be apart, relative to the reference. */
export const tolerance = 1e-4;

/** One training: the loss of every step, and where it stood in the middle. */
export interface Course {
  readonly losses: readonly number[];
  readonly middle: TrainingState;
}

/** All steps on one backend, or the second half of them from where another backend stood. */
export async function course(name: string, backend: Backend, from?: Course): Promise<Course> {
  const training = trainings[name];
  if (training === undefined) throw new Error(`no training ${name}`);
  const losses: number[] = [];
  let middle = from?.middle;
  const fitted = await train(training.model, {
    ...setup(training.length),
    ...(from === undefined ? {} : { resume: from.middle }),
    backend,
    onStep: ({ loss }) => {
      losses.push(loss);
    },
    onEpoch: ({ epoch, state }) => {
      if (epoch === 1) middle = state;
    },
  });
  fitted.dispose();
  if (middle === undefined) throw new Error(`${name} ended before its middle`);
  return { losses: from === undefined ? losses : [...from.losses.slice(0, stepsPerEpoch), ...losses], middle };
}

/** The largest relative difference of two courses over all steps; infinite if they have not equally many. */
export function worstDifference(reference: Course, other: Course): number {
  if (reference.losses.length !== other.losses.length) return Number.POSITIVE_INFINITY;
  const differences = reference.losses.map((loss, step) => Math.abs((other.losses[step] as number) - loss) / loss);
  return differences.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(...differences);
}

/** What a test leaves in `task.meta.agree`. */
export interface Agreed {
  readonly backend: string;
  readonly training: string;
  /** Where the first half was trained; absent if all was trained on `backend`. */
  readonly from?: string;
  /** Largest relative difference of a loss to the reference. */
  readonly worst: number;
}
