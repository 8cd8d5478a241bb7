/**
 * The learning curve: loss of training and validation by epoch, the kept epoch marked, and the baseline as the line to
 * beat. The axis is logarithmic where the losses differ more than threefold and are all above zero.
 */

import * as Plot from '@observablehq/plot';
import { formatLoss } from '../format-number.ts';
import { draw } from './draw.ts';
import type { LearningFacts } from './run-facts.ts';
import { colour } from './theme.ts';

/** Colours of the parts of the data, in every picture. */
const looks = { training: colour('series-0'), validation: colour('series-1') } as const;

/** The picture as SVG, `width` pixels wide. */
export function learningCurve({ history, loss, bestEpoch, baseline }: LearningFacts, width: number): string {
  const training = history.map((epoch) => ({ epoch: epoch.epoch, value: epoch.loss })).filter(isKnown);
  const validation = history
    .map((epoch) => ({ epoch: epoch.epoch, value: epoch.validationLoss ?? Number.NaN }))
    .filter(isKnown);
  const line = baseline?.loss;
  const values = [...training, ...validation].map(({ value }) => value).concat(line ?? []);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const logarithmic = least > 0 && most / least > 3;
  const pad = logarithmic ? 1.08 : 0.06 * (most - least || 1);
  const last = Math.max(2, history.at(-1)?.epoch ?? 1);
  const kept = validation.find(({ epoch }) => epoch === bestEpoch) ?? training.find(({ epoch }) => epoch === bestEpoch);
  const end = [
    { name: 'training', ...training.at(-1) },
    { name: 'validation', ...validation.at(-1) },
  ];
  const said = end
    .map(({ name, value }) => (value === undefined ? '' : `${name} ${formatLoss(value)}`))
    .filter(Boolean);
  return draw(
    {
      title: `Learning curve: ${loss} by epoch`,
      description: `After ${history.length} epochs: ${said.join(', ')}.${line === undefined ? '' : ` The baseline has ${formatLoss(line)}.`}`,
    },
    {
      width,
      height: width < 500 ? 260 : 340,
      marginLeft: 58,
      marginRight: 20,
      marginTop: 30,
      marginBottom: 40,
      x: { label: 'epoch →', ticks: epochTicks(last, width < 500 ? 5 : 10), tickFormat: 'd', domain: [1, last] },
      y: {
        type: logarithmic ? 'log' : 'linear',
        label: `↑ ${loss}${logarithmic ? ' (logarithmic)' : ''}`,
        domain: logarithmic ? [least / pad, most * pad] : [least - pad, most + pad],
        ticks: 6,
        tickFormat: (value: number) => String(Number(value.toPrecision(3))),
        grid: true,
      },
      marks: [
        ...(line === undefined ? [] : [Plot.ruleY([line], { stroke: colour('faint'), strokeDasharray: '5 4' })]),
        Plot.line(training, { x: 'epoch', y: 'value', stroke: looks.training, strokeWidth: 2 }),
        Plot.line(validation, { x: 'epoch', y: 'value', stroke: looks.validation, strokeWidth: 2 }),
        ...(kept === undefined ? [] : [Plot.dot([kept], { x: 'epoch', y: 'value', r: 5, stroke: colour('ink') })]),
      ],
    },
  );
}

function isKnown({ value }: { readonly value: number }): boolean {
  return Number.isFinite(value);
}

/** Whole epochs, about `count` of them. */
function epochTicks(last: number, count: number): number[] {
  const step =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((each) => last / each <= count) ?? Math.ceil(last / count);
  return [1, ...Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step)].filter(
    (epoch, index, all) => all.indexOf(epoch) === index,
  );
}
