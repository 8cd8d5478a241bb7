/**
 * What the report of a run on a table shows, gathered from its parts.
 */

import type { Preparation } from '@rheo/data';
import type { HeldOutFacts, LearningFacts, RunFacts, TimeFacts } from '../pictures/run-facts.ts';
import { horizonWords } from './horizon-words.ts';
import type { Measured } from './measure-part.ts';
import type { RowFacts } from './row-facts.ts';

/** What the facts are gathered from. */
export interface RunParts {
  readonly title: string;
  readonly summary: string;
  readonly preparation: Preparation;
  readonly learning: LearningFacts;
  readonly figures: RunFacts['figures'];
  readonly notes: readonly string[];
  /** The part that the result is measured on; undefined when nothing was held out. */
  readonly heldOut: { readonly part: string; readonly measured: Measured } | undefined;
  /** Of the rows of the training. */
  readonly rows: RowFacts;
  readonly config: unknown;
}

/** The facts of a run. */
export function tableFacts(parts: RunParts): RunFacts {
  const { preparation, heldOut, rows, title, summary, learning, figures, notes, config } = parts;
  const { scored } = heldOut?.measured ?? {};
  return {
    title,
    summary,
    task: preparation.task,
    learning,
    scores: scored?.scores ?? [],
    figures,
    notes,
    ...(heldOut === undefined ? {} : { heldOut: heldOutFacts(heldOut.part, heldOut.measured, preparation) }),
    time: timeFacts(preparation, rows),
    config,
  };
}

function timeFacts({ time }: Preparation, { gaps }: RowFacts): TimeFacts {
  return {
    kind: time === null ? 'steps' : time.unit === 'number' ? 'number' : 'date',
    ...(time === null ? {} : { name: time.column }),
    gaps: gaps.filter((gap) => !Number.isNaN(gap)),
  };
}

function heldOutFacts(
  part: string,
  { predictions, baseline, facts }: Measured,
  preparation: Preparation,
): HeldOutFacts {
  const { targets, classes, horizon } = preparation;
  const { width } = predictions;
  const known = Array.from(predictions.rows.keys()).filter((i) => !Number.isNaN(predictions.truth[i * targets.length]));
  const ahead = horizon !== null;
  const rowOf = (i: number): number => (ahead ? predictions.targetRows[i] : predictions.rows[i]) ?? -1;
  const timeOf = (row: number | undefined): number => facts.times[row ?? -1] ?? Number.NaN;
  const elapsed = (i: number): number =>
    ahead ? timeOf(rowOf(i)) - timeOf(predictions.rows[i]) : (facts.gaps[rowOf(i)] ?? Number.NaN);
  const take = (values: Float64Array, size: number): Float64Array =>
    Float64Array.from(known.flatMap((i) => Array.from(values.subarray(i * size, (i + 1) * size))));
  const [target] = targets;
  return {
    part,
    times: Float64Array.from(known, (i) => timeOf(rowOf(i))),
    elapsed: Float64Array.from(known, elapsed),
    series: Int32Array.from(known, (i) => facts.series[predictions.rows[i] ?? -1] ?? -1),
    keys: facts.keys.map((key) => key.join(', ')),
    ...(horizon === null ? {} : { horizon: horizonWords(preparation) }),
    outcome:
      classes === null
        ? {
            kind: 'numbers',
            targets: targets.map(({ column }) => ({ name: column })),
            truth: take(predictions.truth, targets.length),
            predictions: take(predictions.outputs, width),
            baseline: take(baseline, targets.length),
          }
        : {
            kind: 'classes',
            target: target?.column ?? '',
            labels: classes,
            truth: take(predictions.truth, 1),
            probabilities: take(predictions.outputs, width),
          },
  };
}
