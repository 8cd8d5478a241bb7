import { fitPreparation, readCsv } from '@rheo/data';
import { expect, it } from 'vitest';
import { recordWords } from '../src/tables/record-words.ts';

const rows = Array.from(
  { length: 80 },
  (_, i) => `2024-01-0${1 + Math.floor(i / 24)} ${String(i % 24).padStart(2, '0')}:00,${i % 2},${i},${i % 7}`,
);
const table = await readCsv(`when,on,size,heat\n${rows.join('\n')}\n`);

it('says what a model of a table predicts, from what, and how good it was', () => {
  const { preparation } = fitPreparation(table, { task: 'forecast', time: 'when', target: 'heat', calendar: [] });
  const measured = { part: 'test', figures: { mae: 1.25, baseline_mae: 3, r2: 0.5 } };
  expect(recordWords({ preparation, dataNames: ['a.csv', 'b.csv'], usual: [], measured })).toEqual([
    ['predicts', 'heat, 1 row ahead (forecast)'],
    ['from', 'on, size, heat'],
    ['time', 'when, divided by 3600 s'],
    ['window', `${preparation.window.steps} rows`],
    ['trained on', 'a.csv, b.csv'],
    ['test part', 'mae 1.25 (baseline 3), r2 0.5'],
  ]);
});

it('names the classes, and says when there is no time', () => {
  const options = { task: 'classification', target: 'on', features: ['size'], calendar: [] } as const;
  const { preparation } = fitPreparation(table, options);
  const words = recordWords({ preparation, dataNames: ['a.csv'], usual: [], measured: undefined });
  expect(words.slice(0, 3)).toEqual([
    ['predicts', 'on (classification), 2 classes: 0, 1'],
    ['from', 'size'],
    ['time', 'none: rows are one unit apart'],
  ]);
});
