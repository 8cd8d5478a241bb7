/** How training went: the loss, and where known the metric and the learning rate, by epoch. */

import { formatLoss } from '../format-number.ts';
import { epochCurve } from './epoch-curve.ts';
import { learningCurve } from './learning-curve.ts';
import type { Block, Picture, Section } from './page.ts';
import type { LearningFacts } from './run-facts.ts';
import { fullPicture, halfPicture } from './sizes.ts';
import { colour } from './theme.ts';

/** The section; absent where no loss is recorded. */
export function trainingSection(learning: LearningFacts): Section | undefined {
  const { history, bestEpoch, metrics = [], baseline } = learning;
  const finite = history.some(({ loss, validationLoss }) => Number.isFinite(loss) || Number.isFinite(validationLoss));
  if (!finite) return undefined;
  const validated = history.some(({ validationLoss }) => validationLoss !== undefined);
  const kept = history.find(({ epoch }) => epoch === bestEpoch);
  const best =
    kept?.validationLoss === undefined
      ? ''
      : ` Kept is epoch ${kept.epoch}, with ${formatLoss(kept.validationLoss)} on the validation part (ring).`;
  const line =
    baseline?.loss === undefined ? '' : ` The dashed line is ${baseline.name}, ${formatLoss(baseline.loss)}.`;
  const blocks: Block[] = [
    {
      kind: 'picture',
      ...fullPicture(`${validated ? 'Loss' : 'Loss of the training part'} by epoch.${best}${line}`, (width) =>
        learningCurve(learning, width),
      ),
    },
  ];
  const pictures: Picture[] = [];
  const known = (value: (epoch: (typeof history)[number]) => number | undefined) =>
    history.flatMap((epoch) =>
      Number.isFinite(value(epoch) ?? Number.NaN) ? [{ epoch: epoch.epoch, value: value(epoch) ?? 0 }] : [],
    );
  for (const { key, name, baseline: beside } of metrics) {
    const points = known((epoch) => epoch.validationMetrics?.[key]);
    if (points.length === 0) continue;
    const curve = {
      title: `${name} by epoch`,
      label: name,
      lines: [{ name: 'validation', stroke: colour('series-1'), points }],
      baseline: beside,
      marked: bestEpoch,
    };
    const dashed = beside === undefined ? '' : ` The dashed line is ${baseline?.name ?? 'the baseline'}.`;
    const caption = `${capital(name)} of the validation part by epoch, measured on sequences as in training.${dashed}`;
    pictures.push(halfPicture(caption, (width) => epochCurve(curve, width)));
  }
  const rates = known((epoch) => epoch.rate);
  if (new Set(rates.map(({ value }) => value)).size > 1) {
    const picture = (width: number): string =>
      epochCurve(
        {
          title: 'Learning rate by epoch',
          label: 'learning rate',
          lines: [{ name: 'rate', stroke: colour('series-2'), points: rates }],
        },
        width,
      );
    pictures.push(halfPicture('The learning rate by epoch.', picture));
  }
  if (pictures.length > 0) blocks.push({ kind: 'row', pictures });
  return { heading: 'Training', blocks };
}

function capital(name: string): string {
  return `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`;
}
