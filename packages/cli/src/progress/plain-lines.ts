/**
 * Progress as plain lines, for pipes and log files: a line per epoch, no control characters.
 */

import { formatLoss, formatSeconds } from '../format-number.ts';
import { wrap } from '../terminal.ts';
import type { Progress, RunOutcome, RunStart } from './progress.ts';
import { metricTexts } from './progress.ts';

/** Hands lines of at most `width` characters to `write`; those of a narrow one leave less important parts out. */
export function plainLines(write: (text: string) => void, width: number = 80): Progress {
  let metrics: RunStart['metrics'] = [];
  return {
    start: (run) => {
      ({ metrics = [] } = run);
      write(wrap(run.lines.join('\n'), width));
    },
    step: () => {},
    epoch: (report) => {
      const { epoch, epochs, loss, validationLoss, seconds } = report;
      const count = `${String(epoch).padStart(String(epochs).length)}/${epochs}`;
      const validation = validationLoss === undefined ? '' : `  validation ${formatLoss(validationLoss)}`;
      const texts = metricTexts(metrics ?? [], report);
      const full = (shown: number): string =>
        `epoch ${count}  loss ${formatLoss(loss)}${validation}${texts
          .slice(0, shown)
          .map((text) => `  ${text}`)
          .join('')}  ${formatSeconds(seconds)}`;
      const short = `${count} ${formatLoss(loss)} ${validationLoss === undefined ? '' : formatLoss(validationLoss)}`;
      const lines = [...[...texts.keys(), texts.length].reverse().map(full), `${short} ${texts[0] ?? ''}`, short];
      write((lines.find((line) => line.trimEnd().length <= width) ?? short).trimEnd());
    },
    end: () => {},
    note: (text) => write(told(text, width)),
    result: (outcome) => write(`\n${outcomeText(outcome, width)}`),
  };
}

function outcomeText({ figures, out, files, next = [] }: RunOutcome, width: number): string {
  const listed = files.map((file): [string, string] => ['', `  ${file}`]);
  const lines = labelled([...figures, ['files', out], ...listed], width);
  if (next.length > 0) lines.push('', ...next.map((line) => told(line, width)));
  return lines.join('\n');
}

/**
 * Wrapped text, in which a command (`… with: rheo …`) that does not fit beside its words stands below them and is not
 * broken, so that it can be copied.
 */
export function told(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => {
      const [, words, command] = /^(.* with:) (rheo .*)$/.exec(line) ?? [];
      if (words === undefined || command === undefined || line.length <= width) return wrap(line, width);
      return `${wrap(words, width)}\n  ${command}`;
    })
    .join('\n');
}

/**
 * Labels and values in two columns. A value that is too long goes on below itself; where there is no room beside the labels,
 * or a word would be broken there, all values go below theirs.
 */
export function labelled(rows: readonly (readonly [string, string])[], width: number): string[] {
  const column = Math.max(...rows.map(([label]) => label.length)) + 2;
  const room = width - column;
  const cramped = ([, value]: readonly [string, string]): boolean =>
    value.length > room &&
    (room < leastRoom || value.split(' ').some((word) => word.length > room && word.length < width));
  if (rows.some(cramped)) {
    // A row without a label goes on with the value above it.
    return rows.flatMap(([label, value]) => [
      ...(label === '' ? [] : wrap(label, width).split('\n')),
      ...wrap(`  ${value}`, width).split('\n'),
    ]);
  }
  return rows.flatMap(([label, value]) => {
    // What fits stays as it is, spaces and all.
    const lines = value.length <= room ? [value] : wrap(value, room).split('\n');
    return lines.map((line, i) => `${(i === 0 ? label : '').padEnd(column)}${line}`);
  });
}

/** Characters that a value needs beside its label to be read. */
const leastRoom = 24;
