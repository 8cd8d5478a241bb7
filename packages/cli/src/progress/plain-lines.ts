/**
 * Progress as plain lines, for pipes and log files: a line per epoch, no control characters.
 */

import { formatLoss, formatSeconds } from '../format-number.ts';
import { wrap } from '../terminal.ts';
import type { Progress, RunResult, RunStart } from './progress.ts';

/** Hands lines of at most `width` characters to `write`; those of a narrow one leave less important parts out. */
export function plainLines(write: (text: string) => void, width: number = 80): Progress {
  return {
    start: (run) => write(wrap(startText(run), width)),
    step: () => {},
    epoch: ({ epoch, epochs, loss, validationLoss, seconds }) => {
      const count = `${String(epoch).padStart(String(epochs).length)}/${epochs}`;
      const validation = validationLoss === undefined ? '' : `  validation ${formatLoss(validationLoss)}`;
      const full = `epoch ${count}  loss ${formatLoss(loss)}${validation}  ${formatSeconds(seconds)}`;
      const short = `${count} ${formatLoss(loss)} ${validationLoss === undefined ? '' : formatLoss(validationLoss)}`;
      write(full.length <= width ? full : short.trimEnd());
    },
    end: () => {},
    note: (text) => write(wrap(text, width)),
    result: (result) => write(`\n${resultText(result, width)}`),
  };
}

/** What is about to happen, in a few lines. */
function startText(run: RunStart): string {
  const { windows } = run;
  return [
    `Training on ${run.data}: ${windows.train} windows of ${run.steps} steps, ${run.features} values per step.`,
    `Recipe ${run.recipe}: ${run.parameters} parameters, ${run.epochs} epochs, batches of ${run.batchSize}, seed ${run.seed}, backend ${run.backend}.`,
    ...(run.resumedAfter === undefined ? [] : [`Going on after epoch ${run.resumedAfter}.`]),
    `Predicting "next = current" has an error of ${formatLoss(run.validationBaseline)} on the validation windows.`,
  ].join('\n');
}

/** What came out: labels and values. */
export function labelledResult(result: RunResult): [string, string][] {
  const { test_mse: test, baseline_mse: baseline } = result;
  const stopped = result.stopped ? ', interrupted' : '';
  return [
    ['test error (MSE)', formatLoss(test)],
    ['"next = current"', `${formatLoss(baseline)} (${compare(baseline / test)})`],
    ['time per epoch', `${formatSeconds(result.seconds_per_epoch)} (${result.epochs} epochs${stopped})`],
    ['streaming step', `${result.us_per_streaming_step.toFixed(1)} µs`],
  ];
}

function resultText(result: RunResult, width: number): string {
  const lines = labelled([...labelledResult(result), ['files', result.out]], width);
  for (const file of result.files) lines.push(`  ${file}`);
  return lines.join('\n');
}

/** Labels and values in two columns; in a narrow terminal the value goes to the next line. */
export function labelled(rows: readonly (readonly [string, string])[], width: number): string[] {
  const column = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.flatMap(([label, value]) =>
    column + value.length <= width ? [`${label.padEnd(column)}${value}`] : [label, `  ${value}`],
  );
}

/** How a baseline compares with a model: `2.9 times as much`. */
function compare(ratio: number): string {
  if (!Number.isFinite(ratio)) return 'not comparable';
  return ratio >= 1 ? `${ratio.toFixed(1)} times as much` : 'the model is worse';
}
