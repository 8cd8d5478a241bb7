/**
 * What a run on a table tells when it starts and when it ends, in words and as JSON.
 */

import type { Preparation } from '@rheo/data';
import { channelNames } from '@rheo/data';
import { counted, formatSeconds } from '../format-number.ts';
import type { EventFacts, RunOutcome, RunStart, ShownMetric } from '../progress/progress.ts';
import { horizonWords } from './horizon-words.ts';
import type { Measured } from './measure-part.ts';
import type { ResolvedSettings } from './training-setup.ts';

/** What a run is about to do. */
export interface TableStart {
  readonly data: readonly string[];
  readonly preparation: Preparation;
  readonly sequences: { readonly train: number; readonly validation: number; readonly test: number };
  readonly steps: number;
  readonly channels: number;
  readonly parameters: number;
  readonly settings: ResolvedSettings;
  readonly metrics: readonly ShownMetric[];
  readonly backend: string;
  readonly out: string;
  readonly notes: readonly string[];
  /** Epochs done before, of a run that is resumed. */
  readonly resumedAfter?: number | undefined;
}

/** One part as it was measured. */
export interface MeasuredPart {
  readonly part: 'test' | 'validation';
  readonly measured: Measured;
}

/** How a run ended. */
export interface TableOutcome {
  readonly target: readonly string[];
  /** The test part before the validation part; none when nothing was set apart. */
  readonly measured: readonly MeasuredPart[];
  readonly epochs: number;
  readonly bestEpoch: number | undefined;
  readonly parameters: number;
  readonly seed: number;
  readonly seconds: number;
  readonly stopped: boolean;
  readonly files: readonly string[];
}

/** The start of a run, as `Progress` takes it. */
export function tableStart(start: TableStart): RunStart {
  const { data, preparation, sequences, steps, parameters, settings, resumedAfter } = start;
  const { cell, units, epochs, batch, accumulate, optimizer, rate, schedule, seed } = settings;
  const targets = preparation.targets.map(({ column }) => column).join(', ');
  const ahead = preparation.horizon === null ? '' : `, ${horizonWords(preparation)} ahead`;
  const channels = channelNames(preparation).length;
  const batches = accumulate === 1 ? `batches of ${batch}` : `${accumulate} batches of ${batch} per step`;
  return {
    lines: [
      `Data: ${data.join(', ')}`,
      ...start.notes.map((note) => `- ${note}`),
      '',
      `Learning ${targets}${ahead} (${preparation.task}) from ${sequences.train} sequences of up to ${steps} rows, ${channels} inputs each.`,
      `Model: ${cell} of ${units} units, ${parameters} parameters. Up to ${counted(epochs, 'epoch')}, ${batches}, ${optimizer} at rate ${rate} (${schedule}), seed ${seed}, backend ${start.backend}.`,
      ...(resumedAfter === undefined ? [] : [`Going on after epoch ${resumedAfter}.`]),
      '',
    ],
    facts: {
      task: preparation.task,
      data,
      target: preparation.targets.map(({ column }) => column),
      sequences,
      steps,
      inputs: channels,
      parameters,
      epochs,
      batch_size: batch,
      seed,
      backend: start.backend,
      out: start.out,
      notes: start.notes,
      ...(resumedAfter === undefined ? {} : { resumed_after: resumedAfter }),
    },
    epochs,
    metrics: start.metrics,
  };
}

/** The end of a run, as `Progress` takes it. */
export function tableOutcome(outcome: TableOutcome, out: string): RunOutcome {
  const { measured, epochs, bestEpoch, parameters, seed, seconds, stopped, files } = outcome;
  const parts: EventFacts = Object.fromEntries(
    measured.flatMap(({ part, measured: { scored } }) =>
      scored === undefined ? [] : [[part, { ...scored.figures, rows: scored.rows }] as const],
    ),
  );
  const path = /\s/.test(out) ? JSON.stringify(out) : out;
  return {
    figures: [...scoreRows(measured), ...tableFigures(outcome)],
    facts: {
      ...parts,
      epochs,
      ...(bestEpoch === undefined ? {} : { best_epoch: bestEpoch }),
      parameters,
      seed,
      seconds,
      stopped,
      out,
      files,
    },
    out,
    files,
    next: [
      `Look at ${path}/report.html`,
      `Predict with: rheo predict ${path}/model.safetensors --data NEW.csv --out p.csv`,
      `Serve with: rheo serve ${path}/model.safetensors`,
    ],
  };
}

/** Scores of all parts, the baseline beside the model. */
function scoreRows(measured: readonly MeasuredPart[]): [string, string][] {
  if (measured.length === 0) return [['error', 'not measured: no rows were set apart']];
  return measured.flatMap(({ part, measured: { scored } }, index) =>
    (scored?.scores ?? [])
      // The first part says it all, the other one what counts most.
      .slice(0, index === 0 ? undefined : 1)
      .map(({ name, model, baseline }): [string, string] => [
        `${part}: ${name}`,
        baseline === undefined ? model : `${model} (${scored?.baselineName}: ${baseline})`,
      ]),
  );
}

/** How the training went: labels and values. */
export function tableFigures(outcome: TableOutcome): [string, string][] {
  const { epochs, bestEpoch, seconds, stopped } = outcome;
  const best = bestEpoch === undefined ? '' : `, the best was ${bestEpoch}`;
  return [
    ['training', `${counted(epochs, 'epoch')} in ${formatSeconds(seconds)}${best}${stopped ? ', interrupted' : ''}`],
  ];
}

/** One sentence on how it came out. */
export function tableSummary({ measured }: TableOutcome): string {
  const [first] = measured;
  const { scored } = first?.measured ?? {};
  const [best] = scored?.scores ?? [];
  if (first === undefined || scored === undefined || best === undefined) {
    return 'No rows were set apart, so nothing says how good the model is.';
  }
  const beside = best.baseline === undefined ? '' : `, against ${best.baseline} of ${scored.baselineName}`;
  return `On ${scored.rows} rows of the ${first.part} part: ${best.name} ${best.model}${beside}.`;
}
