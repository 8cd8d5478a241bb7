/**
 * The report of a run as one HTML file, from plain facts: how good the model is beside the baseline, how training went,
 * what it predicts on data that it has not seen, the data's own times, every decision and the configuration.
 *
 * Equal facts give equal text. Large data are thinned where they are drawn, which the captions say.
 */

import { lapse, whole } from './amount.ts';
import { classSection } from './class-section.ts';
import { gapHistogram } from './gap-histogram.ts';
import { numberSections } from './number-section.ts';
import type { Block, Section } from './page.ts';
import { page } from './page.ts';
import type { RunFacts, TimeFacts } from './run-facts.ts';
import { fullPicture } from './sizes.ts';
import { ascending, quantile } from './statistics.ts';
import { trainingSection } from './training-section.ts';

/** The text of `report.html`. */
export function runReport(facts: RunFacts): string {
  const { title, summary, config, notes, heldOut, learning, time } = facts;
  const notesSection: Section[] =
    notes.length === 0 ? [] : [{ heading: 'Decisions and findings', blocks: [{ kind: 'list', items: notes }] }];
  const text = JSON.stringify(config, null, 2) ?? '';
  return page({
    title,
    summary,
    sections: [
      { blocks: scoreTables(facts) },
      ...(heldOut === undefined ? [] : outcomeSections(facts, heldOut)),
      ...[trainingSection(learning) ?? []].flat(),
      ...[timeSection(time) ?? []].flat(),
      ...notesSection,
      { heading: 'Configuration', blocks: [{ kind: 'source', label: 'config.json', text }] },
    ],
  });
}

function outcomeSections(facts: RunFacts, heldOut: NonNullable<RunFacts['heldOut']>): Section[] {
  const { outcome } = heldOut;
  if (heldOut.times.length === 0) return [];
  return outcome.kind === 'numbers' ? numberSections(facts, heldOut, outcome) : [classSection(facts, heldOut, outcome)];
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

/** The gaps of the data; absent where there is no time column. */
function timeSection(time: TimeFacts): Section | undefined {
  const { kind, name, gaps } = time;
  const sorted = ascending(gaps);
  if (kind === 'steps' || sorted.length === 0) return undefined;
  const heading = `Time between rows${name === undefined ? '' : ` (${name})`}`;
  const most = sorted.at(-1) ?? 0;
  const zero = sorted.filter((gap) => gap <= 0).length;
  const repeated = zero === 0 ? '' : ` ${whole(zero)} are 0: the time repeats.`;
  const at = (share: number): string => lapse(quantile(sorted, share), kind);
  if ((sorted[0] ?? 0) === most) {
    const text = `All ${whole(sorted.length)} gaps are ${lapse(most, kind)}.`;
    return { heading, blocks: [{ kind: 'text', text }] };
  }
  const caption = `${whole(sorted.length)} gaps: the median is ${at(0.5)}, nine in ten are between ${at(0.05)} and ${at(0.95)}, the longest is ${lapse(most, kind)}.${repeated}`;
  if (gapHistogram(time, 376) === undefined) return { heading, blocks: [{ kind: 'text', text: caption }] };
  return {
    heading,
    blocks: [{ kind: 'picture', ...fullPicture(caption, (width) => gapHistogram(time, width) ?? '') }],
  };
}
