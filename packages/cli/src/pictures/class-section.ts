/** Predicted classes: what was taken for what, in time, by threshold, by elapsed time, and whether probabilities hold. */

import { percent, whole } from './amount.ts';
import { calibration, calibrationPicture } from './calibration.ts';
import { classStretch } from './class-stretch.ts';
import { confusion } from './confusion.ts';
import { errorByGap } from './error-by-gap.ts';
import { gapBins } from './gap-bins.ts';
import { countText, stretchText } from './held-out-text.ts';
import type { Block, Picture, Section } from './page.ts';
import { rocCurve, rocPicture } from './roc.ts';
import type { ClassOutcome, HeldOutFacts, RunFacts } from './run-facts.ts';
import { halfPicture, stretchPicture } from './sizes.ts';
import { informativeStretch, shorterStretch } from './stretch.ts';

/** Curves that can be told apart. */
const mostCurves = 6;

/** Predictions shown in time, on a wide page and on a phone. */
const [longStretch, shortStretch] = [240, 90] as const;

/** The section of the predicted classes. */
export function classSection(facts: RunFacts, heldOut: HeldOutFacts, outcome: ClassOutcome): Section {
  const { target, labels, probabilities } = outcome;
  const width = labels.length;
  const all = Array.from(outcome.truth);
  const chance = (i: number, c: number): number => probabilities[i * width + c] ?? Number.NaN;
  const chosen = all.map((_, i) => labels.reduce((best, _, c) => (chance(i, c) > chance(i, best) ? c : best), 0));
  const known = [...all.keys()].filter((i) => labels[all[i] ?? -1] !== undefined && Number.isFinite(chance(i, 0)));
  const [truth, predicted] = [known.map((i) => all[i] ?? 0), known.map((i) => chosen[i] ?? 0)];
  const right = truth.map((label, i) => label === predicted[i]);
  const errors = all.map((label, i) => (labels[label] === undefined ? Number.NaN : Number(label !== chosen[i])));
  const table = confusion(labels, truth, predicted);
  const share = percent(right.filter(Boolean).length / Math.max(1, right.length));
  const merged = table.merged === 0 ? '' : ` The ${table.merged} rarest classes are counted together.`;
  const caption = `${countText(heldOut, known.length, all.length)} ${share} are right. Shares are of the row, which is the true class.${merged}`;
  const blocks: Block[] = [
    { kind: 'confusion', confusion: table, caption },
    ...stretchBlocks(facts, heldOut, outcome, chosen),
  ];
  const pictures: Picture[] = [];
  const roc = rocPictureOf(labels, truth, (c) => known.map((i) => chance(i, c)));
  if (roc !== undefined) pictures.push(roc);
  const sure = known.map((i) => chance(i, chosen[i] ?? 0));
  const bins = calibration(sure, right);
  const believed =
    'Above the dashed line the model was right more often than it said, below it less often; bars hold the share with 95 % confidence.';
  pictures.push(halfPicture(believed, (half) => calibrationPicture(bins, half)));
  const gaps = gapBins(heldOut.elapsed, facts.time.kind);
  if (gaps.length > 0) {
    const since =
      'Share of wrong classes by the time that elapsed since the observation before; bars hold it with 95 % confidence.';
    const drawn = { bins: gaps, errors, kind: 'classes', label: 'share of wrong classes' } as const;
    pictures.push(halfPicture(since, (half) => errorByGap(drawn, half)));
  }
  blocks.push({ kind: 'row', pictures });
  return { heading: `Predictions of ${target}`, blocks };
}

function stretchBlocks(
  { time }: RunFacts,
  heldOut: HeldOutFacts,
  { target, labels, truth }: ClassOutcome,
  chosen: readonly number[],
): Block[] {
  const at = (source: ArrayLike<number>) => (item: number) => source[item] ?? -1;
  const { times } = heldOut;
  const long = informativeStretch(heldOut, at(truth), longStretch);
  if (long === undefined) return [];
  const common = { times, time, label: target, labels, truth: at(truth), prediction: at(chosen) };
  const picture = stretchPicture(
    [long, shorterStretch(long, times, at(truth), shortStretch)],
    (stretch, width) => classStretch({ stretch, ...common }, width),
    (stretch) => stretchText(heldOut, stretch, time),
  );
  return [{ kind: 'picture', ...picture }];
}

/** Of two classes the rarer one has a curve, of several the most frequent ones have. */
function rocPictureOf(
  labels: readonly string[],
  truth: readonly number[],
  scores: (c: number) => number[],
): Picture | undefined {
  const count = labels.map((_, c) => truth.filter((label) => label === c).length);
  const order = [...labels.keys()].sort((a, b) => (count[b] ?? 0) - (count[a] ?? 0) || a - b);
  const shown = labels.length === 2 ? order.slice(1) : order.slice(0, mostCurves);
  const curves = shown.flatMap(
    (c) =>
      rocCurve(
        labels[c] ?? '',
        scores(c),
        truth.map((label) => label === c),
      ) ?? [],
  );
  if (curves.length === 0) return undefined;
  const left = labels.length === 2 ? 0 : labels.length - curves.length;
  const kinds =
    labels.length === 2
      ? `Class ${curves[0]?.label} by its probability`
      : 'Each class against the rest, by its probability';
  const more = left > 0 ? ` ${whole(left)} rarer classes are left out.` : '';
  return halfPicture(`${kinds}: the larger the area, the better it is told apart; 0.5 is chance.${more}`, (width) =>
    rocPicture(curves, width),
  );
}
