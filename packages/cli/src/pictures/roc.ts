/**
 * Receiver operating characteristic: how many of a class are found, against how many others are taken for it, for every
 * threshold on its probability; one class against the rest, with the area under each curve.
 */

import * as Plot from '@observablehq/plot';
import { rocAuc } from '@rheo/train';
import { percent } from './amount.ts';
import { draw } from './draw.ts';
import { shortLabel } from './short-label.ts';
import { colour, seriesLook } from './theme.ts';

/** A curve; its points ascend from (0, 0) to (1, 1). */
export interface RocCurve {
  readonly label: string;
  readonly auc: number;
  readonly points: readonly { readonly others: number; readonly found: number }[];
}

/** The curve of scores for a class; absent when all items are of the class or none is. Equal scores are one step. */
export function rocCurve(label: string, scores: readonly number[], isClass: readonly boolean[]): RocCurve | undefined {
  const yes = isClass.filter(Boolean).length;
  const no = isClass.length - yes;
  if (yes === 0 || no === 0) return undefined;
  const order = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const points = [{ others: 0, found: 0 }];
  let [others, found] = [0, 0];
  order.forEach((item, i) => {
    if (isClass[item] === true) found++;
    else others++;
    const next = order[i + 1];
    if (next === undefined || scores[next] !== scores[item]) points.push({ others: others / no, found: found / yes });
  });
  return { label, auc: rocAuc(scores, isClass.map(Number)), points };
}

/** The picture as SVG, square, `width` pixels wide, with the curves' names below. */
export function rocPicture(curves: readonly RocCurve[], width: number): string {
  const key = 18 * curves.length;
  const axis = { domain: [0, 1], ticks: 5, tickFormat: (share: number) => percent(share), grid: true } as const;
  return draw(
    {
      title: 'Receiver operating characteristic',
      description: curves.map(({ label, auc }) => `${label}: area ${auc.toFixed(3)}`).join('; '),
    },
    {
      width,
      height: width + key + 10,
      marginLeft: 58,
      marginRight: 24,
      marginTop: 30,
      marginBottom: 54 + key,
      x: { ...axis, label: 'false positive rate: others taken for it →', labelOffset: 38 },
      y: { ...axis, label: '↑ true positive rate: found' },
      marks: [
        Plot.line([0, 1], {
          x: (at: number) => at,
          y: (at: number) => at,
          stroke: colour('faint'),
          strokeDasharray: '2 4',
        }),
        ...curves.flatMap(({ label, auc, points }, i) => {
          const { stroke, dashes, sample } = seriesLook(i);
          return [
            Plot.line(fewer(points), { x: 'others', y: 'found', stroke, strokeDasharray: dashes, strokeWidth: 2 }),
            // Samples differ in width, so that names have a column of their own.
            ...[sample, `${shortLabel(label, 28)}, area ${auc.toFixed(3)}`].map((part, column) =>
              Plot.text([part], {
                text: (text: string) => text,
                frameAnchor: 'bottom-left',
                fill: stroke,
                fontWeight: 'bold',
                dx: 44 * column,
                dy: 60 + 18 * i,
              }),
            ),
          ];
        }),
      ],
    },
  );
}

/** Without the points that lie within a 400th of the last one drawn. */
function fewer(points: RocCurve['points']): RocCurve['points'] {
  const far = 1 / 400;
  let last = points[0];
  return points.filter((point, i) => {
    if (i > 0 && i < points.length - 1 && last !== undefined) {
      if (point.others - last.others < far && point.found - last.found < far) return false;
    }
    last = point;
    return true;
  });
}
