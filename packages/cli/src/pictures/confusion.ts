/** What was predicted where, by true class; and the table of it. */

import { percent, whole } from './amount.ts';
import { escapeText } from './escape-text.ts';
import { shortLabel } from './short-label.ts';
import { colour } from './theme.ts';

/** Counts [true][predicted]. */
export interface Confusion {
  readonly labels: readonly string[];
  readonly counts: readonly (readonly number[])[];
  /** How many of the least frequent classes the last row and column stand for; 0 when each has its own. */
  readonly merged: number;
}

/** Classes that a table can show. */
const mostClasses = 12;

/** Counts by class; the rarest of more than 12 classes are one. Pairs with a class that is not known are left out. */
export function confusion(
  labels: readonly string[],
  truth: readonly number[],
  predicted: readonly number[],
): Confusion {
  const all = labels.map(() => labels.map(() => 0));
  truth.forEach((row, i) => {
    const [counts, column] = [all[row], predicted[i] ?? -1];
    if (counts?.[column] !== undefined) counts[column]++;
  });
  if (labels.length <= mostClasses) return { labels, counts: all, merged: 0 };
  const total = all.map((counts, c) => sum(counts) + sum(all.map((row) => row[c] ?? 0)));
  const kept = [...labels.keys()]
    .sort((a, b) => (total[b] ?? 0) - (total[a] ?? 0) || a - b)
    .slice(0, mostClasses - 1)
    .sort((a, b) => a - b);
  const place = labels.map((_, c) => (kept.includes(c) ? kept.indexOf(c) : kept.length));
  const counts = Array.from({ length: mostClasses }, () => new Array<number>(mostClasses).fill(0));
  all.forEach((row, r) => {
    row.forEach((count, c) => {
      const into = counts[place[r] ?? 0];
      const at = place[c] ?? 0;
      if (into !== undefined) into[at] = (into[at] ?? 0) + count;
    });
  });
  const merged = labels.length - kept.length;
  return { labels: [...kept.map((c) => labels[c] ?? ''), `${merged} others`], counts, merged };
}

/**
 * The table as HTML: counts, and their share of the row under them; the more of its row a cell holds, the deeper its
 * colour. Right answers have a frame.
 */
export function confusionTable({ labels, counts }: Confusion): string {
  const names = labels.map((label) => heading(label, 'col')).join('');
  const rows = counts.map((row, r) => {
    const total = sum(row);
    const cells = row.map((count, c) => {
      const share = total === 0 ? 0 : count / total;
      // Ink stays readable on the deepest of it.
      const tint = `background:color-mix(in srgb, ${colour(r === c ? 'series-0' : 'series-1')} ${Math.round(45 * share)}%, transparent)`;
      const content =
        count === 0
          ? '<span class="none">0</span>'
          : `<b>${whole(count)}</b><small>${escapeText(percent(share))}</small>`;
      return `<td${r === c ? ' class="right"' : ''} style="${tint}">${content}</td>`;
    });
    return `<tr>${heading(labels[r] ?? '', 'row')}${cells.join('')}<td class="total">${whole(total)}</td></tr>`;
  });
  return `<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="confusion${labels.length > 6 ? ' many' : ''}">
<thead><tr><td></td><th scope="colgroup" colspan="${labels.length}">predicted</th><td></td></tr>
<tr><th scope="col">true</th>${names}<th scope="col">all</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>`;
}

function heading(label: string, scope: 'row' | 'col'): string {
  const short = shortLabel(label, 20);
  const whole = short === label ? '' : ` title="${escapeText(label)}"`;
  return `<th scope="${scope}"${whole}>${escapeText(short)}</th>`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
