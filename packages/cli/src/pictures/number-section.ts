/** Predicted numbers: for each target the truth in time and against the predictions, and the error by elapsed time. */

import { amount } from './amount.ts';
import { errorByGap } from './error-by-gap.ts';
import { gapBins } from './gap-bins.ts';
import { countText, stretchText } from './held-out-text.ts';
import { numberStretch } from './number-stretch.ts';
import type { Block, Picture, Section } from './page.ts';
import type { HeldOutFacts, NumberOutcome, RunFacts } from './run-facts.ts';
import { shortLabel } from './short-label.ts';
import { halfPicture, stretchPicture } from './sizes.ts';
import { ascending, evenly, mean, quantile } from './statistics.ts';
import { informativeStretch, shorterStretch } from './stretch.ts';
import { mostPoints, truthScatter } from './truth-scatter.ts';

/** Targets with pictures of their own. */
const mostTargets = 6;

/** Predictions shown in time, on a wide page and on a phone. */
const [longStretch, shortStretch] = [168, 60] as const;

/** A section for each target, one with a table of all before them where there are several. */
export function numberSections(facts: RunFacts, heldOut: HeldOutFacts, outcome: NumberOutcome): Section[] {
  const { targets } = outcome;
  const shown = targets.slice(0, mostTargets);
  const sections = shown.map((_, t) => targetSection(facts, heldOut, outcome, t));
  if (targets.length === 1) return sections;
  const left = targets.length - shown.length;
  const note = left === 0 ? [] : [{ kind: 'text', text: `Pictures follow for the first ${shown.length}.` } as const];
  return [{ heading: 'Targets', blocks: [targetTable(outcome, facts), ...note] }, ...sections];
}

/** Column `t` of [N, targets]. */
function column(values: ArrayLike<number>, t: number, width: number): Float64Array {
  return Float64Array.from({ length: values.length / width }, (_, i) => values[i * width + t] ?? Number.NaN);
}

function targetSection(facts: RunFacts, heldOut: HeldOutFacts, outcome: NumberOutcome, t: number): Section {
  const { targets } = outcome;
  const { name, unit } = targets[t] ?? { name: '' };
  const label = shortLabel(unit === undefined ? name : `${name}, ${unit}`, 32);
  const [truth, predictions] = [
    column(outcome.truth, t, targets.length),
    column(outcome.predictions, t, targets.length),
  ];
  const errors = truth.map((value, i) => Math.abs((predictions[i] ?? Number.NaN) - value));
  const known = ascending(errors).length;
  const blocks: Block[] = [];
  const at = (source: Float64Array) => (item: number) => source[item] ?? Number.NaN;
  const { times } = heldOut;
  const long = informativeStretch(heldOut, at(truth), longStretch);
  if (long !== undefined) {
    const common = { times, time: facts.time, label, truth: at(truth), prediction: at(predictions) };
    const picture = stretchPicture(
      [long, shorterStretch(long, times, at(truth), shortStretch)],
      (stretch, width) => numberStretch({ stretch, ...common }, width),
      (stretch) => stretchText(heldOut, stretch, facts.time),
    );
    blocks.push({ kind: 'picture', ...picture });
  }
  const drawn = evenly(known, mostPoints).length;
  const sorted = ascending(errors);
  const found = `The median error is ${amount(quantile(sorted, 0.5))}, nine in ten are up to ${amount(quantile(sorted, 0.9))}.`;
  const caption = `${countText(heldOut, known, truth.length, drawn)} ${found}`;
  const pictures: Picture[] = [halfPicture(caption, (width) => truthScatter(truth, predictions, label, width))];
  const bins = gapBins(heldOut.elapsed, facts.time.kind);
  if (bins.length > 0) {
    const before = outcome.baseline === undefined ? undefined : column(outcome.baseline, t, targets.length);
    const baseline = before?.map((value, i) => Math.abs(value - (truth[i] ?? Number.NaN)));
    const error = { bins, errors, baseline, kind: 'numbers', label: `absolute error of ${label}` } as const;
    pictures.push(halfPicture(gapCaption(facts, heldOut, baseline !== undefined), (width) => errorByGap(error, width)));
  }
  blocks.push({ kind: 'row', pictures });
  return { heading: `Predictions of ${name}`, blocks };
}

function gapCaption({ learning }: RunFacts, { horizon }: HeldOutFacts, compared: boolean): string {
  const of =
    horizon === undefined ? 'that elapsed since the observation before' : 'from the last row seen to the one predicted';
  const other = compared ? ` Orange: the median error of ${learning.baseline?.name ?? 'the baseline'}.` : '';
  return `Error by the time ${of}: median (dot), the middle half (thick) and nine tenths (thin) of the errors.${other}`;
}

function targetTable({ targets, truth, predictions, baseline }: NumberOutcome, { learning }: RunFacts): Block {
  const other = learning.baseline?.name ?? 'baseline';
  const rows = targets.map(({ name, unit }, t) => {
    const values = column(truth, t, targets.length);
    const difference = (source: ArrayLike<number>): Float64Array =>
      column(source, t, targets.length)
        .map((value, i) => value - (values[i] ?? Number.NaN))
        .filter(Number.isFinite);
    const error = difference(predictions);
    const known = values.filter(Number.isFinite);
    const middle = mean(known);
    const square = mean(error.map((value) => value * value));
    const explained = 1 - square / mean(known.map((value) => (value - middle) ** 2));
    const absolute = (all: Float64Array): string => amount(mean(all.map(Math.abs)));
    return [
      unit === undefined ? name : `${name}, ${unit}`,
      absolute(error),
      ...(baseline === undefined ? [] : [absolute(difference(baseline))]),
      amount(Math.sqrt(square)),
      Number.isFinite(explained) ? explained.toFixed(3) : '',
    ];
  });
  const head = [
    '',
    'mean absolute error',
    ...(baseline === undefined ? [] : [`of ${other}`]),
    'root mean square',
    'R²',
  ];
  return { kind: 'table', head, rows };
}
