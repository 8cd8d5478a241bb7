import type { EpochReport } from '@rheo/train';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  counted,
  formatFloat32,
  formatLoss,
  formatSeconds,
  formatShare,
  formatWholeSeconds,
} from '../src/format-number.ts';
import { progressBar } from '../src/progress/bar.ts';
import { labelled, plainLines, told } from '../src/progress/plain-lines.ts';
import { wrap } from '../src/terminal.ts';

it('float32 numbers read back as they were', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Math.fround(Number(formatFloat32(value)))).toBe(value === 0 ? 0 : value);
    }),
  );
  expect(formatFloat32(Math.fround(0.1))).toBe('0.1');
});

it('losses and durations', () => {
  expect([0.64321, 12.3, 0, 0.0012345].map(formatLoss)).toEqual(['0.6432', '12.3000', '0.0000', '0.001234']);
  expect([0.5, 12.34, 60, 3601].map(formatSeconds)).toEqual(['0.50 s', '12.3 s', '1 min 00 s', '1 h 00 min']);
  expect([0.4, 59.7, 125].map(formatWholeSeconds)).toEqual(['0 s', '1 min 00 s', '2 min 05 s']);
  expect([0, 1, 2].map((count) => counted(count, 'epoch'))).toEqual(['0 epochs', '1 epoch', '2 epochs']);
});

it('wrapped lines fit, keep their words, and break no word', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 20, max: 90 }), (words, width) => {
      const lines = wrap(words.join(' '), width).split('\n');
      expect(lines.join(' ')).toBe(words.join(' '));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    }),
  );
});

it.each([20, 40, 47, 48, 71, 72, 80, 91, 92, 130, 200])('the bar fits %i columns', (columns) => {
  const written: string[] = [];
  const bar = progressBar({ write: (text) => written.push(text), isTTY: true, columns });
  const metrics = [{ key: 'mae', label: 'MAE', format: (value: number) => value.toFixed(1) }];
  const lines = ['Training on walker.zip: 1 window of 64 steps, 17 values per step.'];
  bar.start({ lines, facts: {}, epochs: 50, metrics });
  const before = written.length;
  for (let step = 1; step <= 31; step++) {
    bar.step({ epoch: 1, step, steps: 31, loss: 10.2345 });
  }
  const report = { epoch: 1, epochs: 50, loss: 10, validationLoss: 12.3456, validationMetrics: { mae: 198.21 } };
  bar.epoch({ ...report, seconds: 1 } as unknown as EpochReport);
  for (let step = 1; step <= 31; step++) bar.step({ epoch: 2, step, steps: 31, loss: 10.2345 });
  bar.end();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken away
  const frames = written.slice(before).map((text) => text.replace(/\x1b(\[[0-9;?]*[A-Za-z]|[78])/g, ''));
  const widest = Math.max(...frames.flatMap((frame) => frame.split('\n')).map((line) => line.length));
  expect(widest).toBeLessThanOrEqual(columns);
  expect(frames.some((frame) => frame.includes('10.2345') || columns < 30)).toBe(true);
  expect(frames.some((frame) => frame.includes('MAE 198.2'))).toBe(columns >= 92);
  expect(frames.some((frame) => / (0 s left|done)/.test(frame))).toBe(columns >= 40);
});

it.each([
  [20, ' 7/50 10.0000 12.3456'],
  [40, ' 7/50 10.0000 12.3456 accuracy 93.1 %'],
  [60, 'epoch  7/50  loss 10.0000  validation 12.3456  1.00 s'],
  [75, 'epoch  7/50  loss 10.0000  validation 12.3456  accuracy 93.1 %  1.00 s'],
  [80, 'epoch  7/50  loss 10.0000  validation 12.3456  accuracy 93.1 %  F1 0.912  1.00 s'],
])('the line of an epoch at %i columns tells of metrics what fits', (width, wanted) => {
  const written: string[] = [];
  const plain = plainLines((text) => written.push(text), width);
  const metrics = [
    { key: 'accuracy', label: 'accuracy', format: formatShare },
    { key: 'f1', label: 'F1', format: (value: number) => value.toFixed(3) },
    { key: 'absent', label: 'none', format: String },
  ];
  plain.start({ lines: [], facts: {}, epochs: 50, metrics });
  const report = { epoch: 7, epochs: 50, loss: 10, validationLoss: 12.3456, seconds: 1 };
  plain.epoch({ ...report, validationMetrics: { accuracy: 0.931, f1: 0.912 } } as unknown as EpochReport);
  expect(written.at(-1)).toBe(wanted);
});

it.each([20, 40, 60, 80])('labelled values fit %i columns and keep their words', (width) => {
  const rows = [
    ['error', '1.25'],
    ['a label that alone is longer than a narrow line is', '7'],
    ['a longer label', 'so many words that they fit no line of a narrow terminal beside their label, nor a wide one'],
  ] as const;
  const lines = labelled(rows, width);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  expect(lines.join(' ').replace(/\s+/g, ' ')).toBe(rows.flat().join(' '));
  // Either all values stand beside their labels, or all below.
  expect(lines.some((line) => /^error +1/.test(line))).toBe(lines.some((line) => /^a longer label +so/.test(line)));
});

it('values go below their labels where a word has no room beside them', () => {
  const url = 'http://127.0.0.1:8321/predict';
  expect(
    labelled(
      [
        ['predictions', `POST ${url}`],
        ['states', 'none'],
      ],
      50,
    ),
  ).toEqual([`predictions  POST ${url}`, 'states       none']);
  expect(
    labelled(
      [
        ['predictions', `POST ${url}`],
        ['states', 'none'],
      ],
      40,
    ),
  ).toEqual(['predictions', `  POST ${url}`, 'states', '  none']);
});

it('a command that does not fit beside its words stands whole below them', () => {
  const text = 'It was interrupted.\nGo on with: rheo train --resume runs/rooms-2026-01-31-1';
  expect(told(text, 80)).toBe(text);
  expect(told(text, 30)).toBe('It was interrupted.\nGo on with:\n  rheo train --resume runs/rooms-2026-01-31-1');
});

it('what goes on hangs further right', () => {
  expect(wrap('  0 cfc of many units', 12, 4)).toBe('  0 cfc of\n      many\n      units');
});

it('a value that fits keeps its spaces', () => {
  expect(labelled([['file', 'two  spaces']], 80)).toEqual(['file  two  spaces']);
});
