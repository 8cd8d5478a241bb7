/**
 * Progress as plain lines, for pipes and log files: a line per epoch, no control characters.
 */

import { formatLoss, formatSeconds } from '../format-number.ts';
import { wrap } from '../terminal.ts';
import type { Progress, RunOutcome } from './progress.ts';

/** Hands lines of at most `width` characters to `write`; those of a narrow one leave less important parts out. */
export function plainLines(write: (text: string) => void, width: number = 80): Progress {
  return {
    start: (run) => write(wrap(run.lines.join('\n'), width)),
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
    result: (outcome) => write(`\n${outcomeText(outcome, width)}`),
  };
}

function outcomeText({ figures, out, files, next = [] }: RunOutcome, width: number): string {
  const lines = labelled([...figures, ['files', out]], width);
  for (const file of files) lines.push(`  ${file}`);
  if (next.length > 0) lines.push('', ...next.map((line) => wrap(line, width)));
  return lines.join('\n');
}

/** Labels and values in two columns; in a narrow terminal the value goes to the next line. */
export function labelled(rows: readonly (readonly [string, string])[], width: number): string[] {
  const column = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.flatMap(([label, value]) =>
    column + value.length <= width ? [`${label.padEnd(column)}${value}`] : [label, `  ${value}`],
  );
}
