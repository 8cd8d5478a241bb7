/**
 * How long a schedule takes: a number of steps, or of epochs of as many steps as there are full batches.
 */

import { RheoError } from '@rheo/ir';

/** A length of time; one of both. */
export interface Span {
  readonly steps?: number;
  readonly epochs?: number;
}

/** Throws `argument` unless exactly one of steps and epochs is given. */
export function checkSpan(of: string, { steps, epochs }: Span): void {
  if ((steps === undefined) !== (epochs === undefined)) return;
  throw new RheoError('argument', {
    from: '@rheo/train',
    what: `${of} needs either steps or epochs`,
    where: 'steps',
    remedy: `Say how long it takes, such as ${of}({ epochs: 20 })`,
  });
}

/** The span as plain data. */
export function spanConfig({ steps, epochs }: Span): { readonly [option: string]: number } {
  return steps === undefined ? { epochs: epochs ?? 1 } : { steps };
}

/** The span in steps. */
export function spanSteps({ steps, epochs }: Span, stepsPerEpoch: number): number {
  return steps ?? Math.max(1, Math.round((epochs ?? 1) * stepsPerEpoch));
}
