/**
 * Which results may be written where an input lies: those that nobody writes before the input has been read for the last
 * time. A streaming step then leaves its state where the next one finds it, without a copy.
 */

import type { Lowered } from '../kernels.ts';
import { touched } from '../kernels.ts';

/** When inputs are read and results are written: numbers of the steps of a run. */
export interface Spans {
  /** By position of the input: the last step that reads it, −1 for none. */
  readonly lastReads: readonly number[];
  /** By result: the first step that writes it, or reads what another has written there. */
  readonly firstWrites: readonly number[];
}

/** The spans of a lowered Program. */
export function spansOf({ buffers, steps }: Lowered): Spans {
  const lastReads: number[] = [];
  const firstWrites: number[] = [];
  for (const { kind, index = 0 } of buffers) {
    if (kind === 'input') lastReads[index] = -1;
    else if (kind === 'result') firstWrites[index] = steps.length;
  }
  steps.forEach((step, number) => {
    const { reads, writes } = touched(step);
    for (const id of [...reads, ...writes]) {
      const { kind, index = 0 } = buffers[id] as (typeof buffers)[number];
      if (kind === 'input') lastReads[index] = number;
      else if (kind === 'result') firstWrites[index] = Math.min(firstWrites[index] as number, number);
    }
  });
  return { lastReads, firstWrites };
}

/** True if a result may lie where an input does. */
export function mayShare({ lastReads, firstWrites }: Spans, input: number, result: number): boolean {
  return (lastReads[input] ?? Number.POSITIVE_INFINITY) < (firstWrites[result] ?? Number.NEGATIVE_INFINITY);
}
