/** What holds for every table: nothing crosses a series or a part, nothing is fitted on what it must not see. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  denormalise,
  fitPreparation,
  normaliseTargets,
  type PreparedTable,
  type PrepareOptions,
  prepare,
  type Table,
  type TableSequences,
} from '../src/index.ts';

/** Series of these lengths, rows mixed up among them but forward in time within each; x = 1000 · series + entry. */
function tableOf(lengths: readonly number[], gaps: readonly number[], turn: number): Table {
  const rows: { g: number; t: number; x: number }[] = [];
  const next = lengths.map(() => ({ entry: 0, time: 0 }));
  for (let i = 0; next.some(({ entry }, g) => entry < (lengths[g] ?? 0)); i++) {
    const g = (i * turn) % lengths.length;
    const at = next[g];
    if (at === undefined || at.entry >= (lengths[g] ?? 0)) continue;
    at.time += gaps[i % gaps.length] ?? 1;
    rows.push({ g, t: at.time, x: 1000 * g + at.entry++ });
  }
  const column = (name: 'g' | 't' | 'x'): Table['columns'][number] => ({
    name,
    kind: 'number',
    values: Float64Array.from(rows, (row) => row[name]),
    missing: 0,
  });
  return { rows: rows.length, columns: [column('g'), column('t'), column('x')], notes: [] };
}

const tables = fc
  .tuple(
    fc.array(fc.integer({ min: 8, max: 40 }), { minLength: 3, maxLength: 6 }),
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
  )
  .map(([lengths, gaps]) => tableOf(lengths, gaps, 1));

const window = fc.record({ steps: fc.integer({ min: 1, max: 12 }), stride: fc.integer({ min: 1, max: 6 }) });
const by = fc.constantFrom('series' as const, 'time' as const, 'block' as const);
const raw = { time: 't', group: 'g', normalise: 'none', timeScale: 1 } as const;

/** Rows of inputs and of targets that a part uses. */
function rowsOf(part: TableSequences | undefined): Set<number> {
  const used = [...(part?.rows ?? []), ...(part?.targetRows ?? [])];
  return new Set(used.filter((row) => row >= 0));
}

function fit(table: Table, options: PrepareOptions): PreparedTable | undefined {
  try {
    return fitPreparation(table, options);
  } catch (error) {
    // Small tables may have no room for a part; that is told, and tested elsewhere.
    if (String(error).includes('part')) return undefined;
    throw error;
  }
}

it('no window crosses a series or a part, and elapsed times are those of the rows', () => {
  let tried = 0;
  fc.assert(
    fc.property(tables, window, by, fc.integer({ min: 1, max: 4 }), fc.nat(99), (table, w, split, steps, seed) => {
      const options: PrepareOptions = {
        ...raw,
        task: 'forecast',
        target: 'x',
        window: w,
        horizon: { steps },
        split: { by: split, validation: 0.25, test: 0.25, seed, blockRows: 6 },
      };
      const fitted = fit(table, options);
      if (fitted === undefined) return;
      tried++;
      const parts = [fitted.train, fitted.validation, fitted.test];
      const used = parts.map(rowsOf);
      for (const [a, b] of [
        [0, 1],
        [0, 2],
        [1, 2],
      ] as const) {
        expect([...(used[a] ?? [])].filter((row) => used[b]?.has(row))).toEqual([]);
      }
      const cell = (name: string, row: number): number => {
        const column = table.columns.find((one) => one.name === name);
        return column?.kind === 'number' ? (column.values[row] ?? Number.NaN) : Number.NaN;
      };
      for (const part of parts) {
        if (part === undefined) continue;
        for (let n = 0; n < part.count; n++) {
          for (let t = 0; t < (part.lengths?.[n] ?? part.steps); t++) {
            const i = n * part.steps + t;
            const row = part.rows[i] ?? -1;
            const g = cell('g', row);
            expect(part.keys[part.series[n] ?? -1]).toEqual([String(g)]);
            expect(part.values[i]).toBe(cell('x', row));
            // Entries count up, so the target of a forecast is known by its number, and is of the same series.
            expect(part.targets[i]).toBe(cell('x', row) + steps);
            expect(cell('x', part.targetRows[i] ?? -1)).toBe(cell('x', row) + steps);
            expect(part.dt[i]).toBe(t === 0 ? 0 : cell('t', row) - cell('t', part.rows[i - 1] ?? -1));
          }
        }
      }
    }),
    { numRuns: 200 },
  );
  expect(tried).toBeGreaterThan(50);
});

it('parts other than the training part change nothing of what is fitted', () => {
  fc.assert(
    fc.property(tables, by, fc.nat(99), (table, split, seed) => {
      const options: PrepareOptions = {
        task: 'regression',
        time: 't',
        group: 'g',
        target: 'y',
        window: { steps: 4 },
        split: { by: split, validation: 0.25, test: 0.25, seed, blockRows: 6 },
      };
      const x = table.columns.find(({ name }) => name === 'x');
      if (x?.kind !== 'number') throw new Error('x');
      const withTarget = (values: Float64Array): Table => ({
        ...table,
        columns: [
          ...table.columns.filter((column) => column !== x),
          { ...x, values },
          { ...x, name: 'y', values: values.map((value) => -value) },
        ],
      });
      const fitted = fit(withTarget(x.values), options);
      if (fitted === undefined) return;
      const seen = rowsOf(fitted.train);
      const spoilt = x.values.map((value, row) => (seen.has(row) ? value : 1e9 + row));
      const again = fitPreparation(withTarget(spoilt), options);
      expect(again.preparation).toEqual(fitted.preparation);
      expect(again.train).toEqual(fitted.train);
    }),
  );
});

it('every row is predicted once, in the windows side by side', () => {
  fc.assert(
    fc.property(tables, window, (table, w) => {
      const options: PrepareOptions = { ...raw, task: 'regression', target: 'x', features: ['t'], window: w };
      const { preparation } = fitPreparation(table, { ...options, split: { validation: 0, test: 0 } });
      const { data } = prepare(table, preparation);
      const rows = Array.from(data.rows).filter((row) => row >= 0);
      expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: table.rows }, (_, i) => i));
    }),
  );
});

it('units go and come back', () => {
  fc.assert(
    fc.property(
      tables,
      fc.constantFrom('standard' as const, 'min-max' as const, 'none' as const),
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true })),
      (table, normalise, values) => {
        const options: PrepareOptions = { task: 'next-step', time: 't', group: 'g', target: 'x', normalise };
        const { preparation } = fitPreparation(table, { ...options, split: { validation: 0, test: 0 } });
        const back = denormalise(preparation, normaliseTargets(preparation, values));
        const largest = Math.max(1, ...values.map(Math.abs), 6000);
        // One rounding of each of the two operations, in the size of the largest number that occurs.
        back.forEach((value, i) => {
          expect(Math.abs(value - (values[i] ?? 0))).toBeLessThanOrEqual(4 * Number.EPSILON * largest);
        });
      },
    ),
  );
});

it('side by side, windows say where they go on, with the time since the row before: cut or not, a series is the same', () => {
  fc.assert(
    fc.property(tables, fc.integer({ min: 1, max: 12 }), (table, steps) => {
      const ahead = { ...raw, task: 'forecast', target: 'x' } as const;
      const { preparation } = fitPreparation(table, { ...ahead, split: { validation: 0, test: 0 } });
      const cut = (length: number): TableSequences =>
        prepare(table, { ...preparation, window: { steps: length, stride: length } }).data;
      const along = ({ rows, elapsed }: TableSequences): number[][] =>
        [...rows].flatMap((row, step) => (row < 0 ? [] : [[row, elapsed[step] ?? Number.NaN]]));
      const [pieces, whole] = [cut(steps), cut(40)];
      expect(along(pieces)).toEqual(along(whole));
      expect(whole.elapsed).toEqual(whole.dt);
      const goesOn = Array.from(pieces.series, (one, n) => (n > 0 && one === pieces.series[n - 1] ? 1 : 0));
      expect([...pieces.continues]).toEqual(goesOn);
      const { train } = fit(table, { ...ahead, window: { steps: 8, stride: 2 } }) ?? {};
      // Overlapping windows are no series cut up, but for one that begins where the one before it ended.
      train?.continues.forEach((bit, n) => {
        const before = train.rows.subarray((n - 1) * train.steps, n * train.steps);
        if (bit === 1) expect(before).not.toContain(train.rows[n * train.steps]);
      });
    }),
    { numRuns: 50 },
  );
});
