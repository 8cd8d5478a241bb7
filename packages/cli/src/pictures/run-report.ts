/**
 * The report of a run as one HTML file, from plain facts: how good the model is beside the baseline, how training went,
 * what it predicts on data that it has not seen, the data's own times, every decision and the configuration.
 *
 * Equal facts give equal text. Large data are thinned where they are drawn, which the captions say.
 */

import { learningCurve } from './learning-curve.ts';
import type { Block, Picture, Section } from './page.ts';
import { page } from './page.ts';
import type { RunFacts } from './run-facts.ts';

/** The text of `report.html`. */
export function runReport(facts: RunFacts): string {
  const { title, summary, config, notes } = facts;
  const sections: Section[] = [{ blocks: scoreTables(facts) }];
  if (facts.learning.history.length > 0) {
    const caption = 'Loss by epoch.';
    sections.push({
      heading: 'Training',
      blocks: [figure({ caption }, (width) => learningCurve(facts.learning, width))],
    });
  }
  if (notes.length > 0) sections.push({ heading: 'Decisions and findings', blocks: [{ kind: 'list', items: notes }] });
  const text = JSON.stringify(config, null, 2) ?? '';
  sections.push({ heading: 'Configuration', blocks: [{ kind: 'source', label: 'config.json', text }] });
  return page({ title, summary, sections });
}

function scoreTables({ scores, figures, learning }: RunFacts): Block[] {
  const compared = scores.some(({ baseline }) => baseline !== undefined);
  const head = ['', 'model', ...(compared ? [learning.baseline?.name ?? 'baseline'] : [])];
  const rows = scores.map(({ name, model, baseline }) => [name, model, ...(compared ? [baseline ?? ''] : [])]);
  return [
    ...(rows.length === 0 ? [] : [{ kind: 'table', head, rows } as const]),
    ...(figures.length === 0 ? [] : [{ kind: 'table', rows: figures } as const]),
  ];
}

/** Draws for a wide page and for a phone. */
function figure({ caption }: { readonly caption: string }, drawn: (width: number) => string): Block & Picture {
  return { kind: 'picture', caption, wide: drawn(wideWidth), narrow: drawn(narrowWidth) };
}

/** Pixels of the column of text, and of a phone's. */
const [wideWidth, narrowWidth] = [864, 336] as const;
