/**
 * Progress as JSON lines: one object per line, `event` says what it is. Names and meanings are stable.
 */

import type { Progress } from './progress.ts';

/** One event as a line of JSON. */
export function jsonLine(event: string, fields: object): string {
  return JSON.stringify({ event, ...fields });
}

/** Hands every start, epoch, note and result to `write` as a line. */
export function jsonLines(write: (line: string) => void): Progress {
  return {
    start: ({ facts }) => write(jsonLine('start', facts)),
    step: () => {},
    epoch: ({ epoch, epochs, loss, validationLoss, validationMetrics, seconds }) =>
      write(
        jsonLine('epoch', {
          epoch,
          epochs,
          loss,
          ...(validationLoss === undefined ? {} : { validation_loss: validationLoss }),
          ...(validationMetrics === undefined ? {} : { validation_metrics: validationMetrics }),
          seconds,
        }),
      ),
    end: () => {},
    note: (text) => write(jsonLine('note', { text })),
    result: ({ facts }) => write(jsonLine('result', facts)),
  };
}
