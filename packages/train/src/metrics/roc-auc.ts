/**
 * Area under the receiver operating characteristic: the share of pairs of a yes and a no in which the yes has the higher
 * score, equals counting half. Computed from ranks (Mann and Whitney, 1947), the mean rank for equal scores.
 */

import { RheoError } from '@rheo/ir';
import type { MetricOptions, Numbers } from './counted.ts';
import { counted } from './counted.ts';

/**
 * Area under the curve, from 0 to 1, of scores in any unit and labels 0 or 1. Throws `value` for other labels, scores
 * that are NaN, and when all labels that count are equal, for which there is no such area.
 */
export function rocAuc(scores: Numbers, labels: Numbers, options: MetricOptions = {}): number {
  const wrong = (what: string, remedy: string): RheoError =>
    new RheoError('value', { from: '@rheo/train', what: `rocAuc: ${what}`, where: 'labels', remedy });
  const items = counted({ of: 'rocAuc', first: scores, second: labels }, options).map((item) => {
    const [score = Number.NaN, label] = [scores[item], labels[item]];
    if (label !== 0 && label !== 1) throw wrong(`label ${label} of item ${item}`, 'Use 0 for no and 1 for yes');
    if (Number.isNaN(score)) throw wrong(`the score of item ${item} is NaN`, 'Check the model; mask what is unknown');
    return { score, label };
  });
  const yes = items.reduce((sum, { label }) => sum + label, 0);
  const no = items.length - yes;
  if (yes === 0 || no === 0) throw wrong(`all labels are ${yes === 0 ? 0 : 1}`, 'Evaluate on data with both classes');
  items.sort((a, b) => (a.score < b.score ? -1 : Number(a.score > b.score)));
  let rankSum = 0;
  for (let from = 0; from < items.length; ) {
    let to = from;
    let positives = 0;
    for (; to < items.length && items[to]?.score === items[from]?.score; to++) positives += items[to]?.label ?? 0;
    rankSum += (positives * (from + to + 1)) / 2;
    from = to;
  }
  return (rankSum - (yes * (yes + 1)) / 2) / (yes * no);
}
