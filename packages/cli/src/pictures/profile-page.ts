/**
 * A profile as one page: the flame picture, the figures of the run, and every kernel in a table.
 */

import type { Profile } from '@rheo/ir';
import type { Peaks } from '../profile/measure-peaks.ts';
import { shareOfPeak } from '../profile/measure-peaks.ts';
import { placeOf } from '../profile/profile-table.ts';
import { profileTree } from '../profile/profile-tree.ts';
import { flamePicture } from './flame.ts';
import { page } from './page.ts';

/** What the page tells. */
export interface ProfileReport {
  readonly title: string;
  readonly summary: string;
  /** Labels and values. */
  readonly facts: readonly (readonly [string, string])[];
  readonly measured: Profile;
  readonly peaks: Peaks;
}

/** Pixels of the column of text, and of a phone's. */
const [wideWidth, narrowWidth] = [864, 336] as const;

/** The text of the page. */
export function profilePage({ title, summary, facts, measured, peaks }: ProfileReport): string {
  const tree = profileTree(measured);
  const rows = measured.entries
    .toSorted((a, b) => b.seconds - a.seconds)
    .map((entry) => [
      `${entry.kernel} ${entry.detail}`,
      `${((100 * entry.seconds) / tree.seconds).toFixed(1)}\u00a0%`,
      (entry.seconds * 1e6).toFixed(1),
      String(entry.calls),
      rate(entry.flops, entry.seconds),
      rate(entry.bytes, entry.seconds),
      `${(100 * shareOfPeak(entry, peaks)).toFixed(0)}\u00a0%`,
      // Last, for a phone shows the first columns. A line may end before an arrow, not behind it.
      placeOf(entry).replaceAll('› ', '›\u00a0'),
    ]);
  const caption = 'Layers, loops and kernels in the order of the code; width is time. Point at a box for its figures.';
  return page({
    title,
    summary,
    sections: [
      {
        blocks: [
          {
            kind: 'picture',
            caption,
            wide: flamePicture(tree, wideWidth),
            narrow: flamePicture(tree, narrowWidth),
          },
          { kind: 'table', rows: facts },
        ],
      },
      {
        heading: 'Kernels',
        blocks: [
          { kind: 'table', head: ['kernel', 'share', 'µs', 'calls', 'GFLOP/s', 'GB/s', 'of\u00a0peak', 'where'], rows },
        ],
      },
    ],
  });
}

/** Thousand millions in a second. */
const rate = (count: number, seconds: number): string => (seconds > 0 ? (count / seconds / 1e9).toFixed(2) : '');
