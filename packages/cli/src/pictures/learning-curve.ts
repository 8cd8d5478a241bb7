/** The learning curve: loss of training and validation by epoch, the kept epoch marked, and the baseline to beat. */

import { epochCurve } from './epoch-curve.ts';
import type { LearningFacts } from './run-facts.ts';
import { colour } from './theme.ts';

/** The picture as SVG, `width` pixels wide. */
export function learningCurve({ history, loss, bestEpoch, baseline }: LearningFacts, width: number): string {
  const curve = {
    title: `Learning curve: ${loss} by epoch`,
    label: loss,
    lines: [
      {
        name: 'training',
        stroke: colour('series-0'),
        points: history.map(({ epoch, loss: value }) => ({ epoch, value })),
      },
      {
        name: 'validation',
        stroke: colour('series-1'),
        points: history.map(({ epoch, validationLoss }) => ({ epoch, value: validationLoss ?? Number.NaN })),
      },
    ],
    baseline: baseline?.loss,
    marked: bestEpoch,
  };
  return epochCurve(curve, width);
}
