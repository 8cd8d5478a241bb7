import { expect, it } from 'vitest';
import { fitPreparation, type Preparation, type PrepareOptions, readCsv, readPreparation } from '../src/index.ts';
import { dataError } from './data-error.ts';

const rows = Array.from(
  { length: 40 },
  (_, i) =>
    `2024-01-${String(1 + (i % 28)).padStart(2, '0')},${i % 3 ? i : ''},${i % 2 ? 'a' : 'b'},${i * 2},g${Math.floor(i / 28)}`,
);
const csv = `t,x,c,y,g\n${rows.join('\n')}`;

async function fitted(options: Partial<PrepareOptions> = {}): Promise<Preparation> {
  const base: PrepareOptions = {
    task: 'regression',
    time: 't',
    group: 'g',
    target: 'y',
    split: { validation: 0, test: 0 },
  };
  return fitPreparation(await readCsv(csv), { ...base, ...options }).preparation;
}

/** Every path in a JSON value that can be damaged. */
function paths(value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  const entries = Array.isArray(value) ? value.map((one, i) => [i, one] as const) : Object.entries(value);
  return [...(at.length === 0 ? [] : [at]), ...entries.flatMap(([key, one]) => paths(one, [...at, key]))];
}

function damaged(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = damaged(copy[key], rest, by);
  return copy;
}

const tasks: readonly Partial<PrepareOptions>[] = [
  {},
  { task: 'classification', target: 'c' },
  { task: 'forecast', horizon: { time: 86_400 } },
  { task: 'next-step', calendar: ['day'] },
  { time: { column: 't', order: 'sort' }, at: 'end', missing: 'mean', unknownCategory: 'error' },
];

it.each(tasks)('reads back what was stored: %o', async (options) => {
  const preparation = await fitted(options);
  expect(readPreparation(JSON.parse(JSON.stringify(preparation)))).toEqual(preparation);
});

it.each(tasks)('refuses a wrong value at any place: %o', async (options) => {
  const preparation = await fitted(options);
  for (const path of paths(preparation)) {
    for (const by of [undefined, Number.NaN, { no: 1 }]) {
      const error = dataError(() => readPreparation(damaged(preparation, path, by), 'my.model'));
      expect([path, error.code]).toEqual([path, 'format']);
      expect(error.message).toContain(`my.model: preparation.${String(path[0])}`);
    }
  }
});

it.each<[string, Partial<Preparation>, string]>([
  ['a scale of zero', { targets: [{ column: 'y', center: 0, scale: 0 }] }, 'targets[0].scale is 0'],
  ['a later version', { version: 2 as 1 }, 'version is 2 where 1'],
  ['no feature', { features: [], calendar: [] }, 'features is [] where a feature'],
  ['classes of a regression', { classes: ['a', 'b'] }, 'classes'],
  ['a horizon of a regression', { horizon: { kind: 'steps', steps: 1 } }, 'horizon'],
  ['a window of half a row', { window: { steps: 0.5, stride: 1 } }, 'window.steps is 0.5'],
])('refuses %s', async (_, change, words) => {
  const preparation = await fitted();
  expect(dataError(() => readPreparation({ ...preparation, ...change })).message).toContain(words);
});
