/**
 * A part of the data through a model: predictions row by row, the baseline's, and how they compare.
 */

import type { Preparation, Table, TableSequences } from '@rheo/data';
import type { Fitted } from '@rheo/train';
import { baselinePredictions } from './baseline.ts';
import type { RowPredictions } from './predict-rows.ts';
import { predictRows } from './predict-rows.ts';
import type { RowFacts } from './row-facts.ts';
import { rowFacts } from './row-facts.ts';
import type { Scored } from './score.ts';
import { score } from './score.ts';

/** What is measured, and by what. */
export interface MeasureRequest {
  readonly fitted: Pick<Fitted, 'predictSeries'>;
  readonly table: Table;
  readonly data: TableSequences;
  readonly preparation: Preparation;
  /** See `BaselineFacts`. */
  readonly usual: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** What was found. */
export interface Measured {
  readonly predictions: RowPredictions;
  /** [N, targets] */
  readonly baseline: Float64Array;
  readonly facts: RowFacts;
  /** Undefined where no truth is known. */
  readonly scored: Scored | undefined;
}

/** Predicts and compares. Throws as `prepare` and `predictSeries` do. */
export async function measurePart(request: MeasureRequest): Promise<Measured> {
  const { fitted, table, data, preparation, usual, signal } = request;
  const predictions = await predictRows(fitted, data, preparation, signal);
  const facts = rowFacts(table, preparation);
  const baseline = baselinePredictions(predictions, facts, preparation, { usual });
  return { predictions, baseline, facts, scored: score(predictions, baseline, preparation) };
}
