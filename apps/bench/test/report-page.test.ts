/** What is kept of measurements, how goals are judged, and the page that is made of it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { Contender } from '../src/contender.ts';
import type { Result } from '../src/measure.ts';
import type { Problem } from '../src/problem.ts';
import { referenceOf } from '../src/reference.ts';
import { ratioOf } from '../src/report.ts';
import { benchPage } from '../src/report-page/bench-page.ts';
import { goalClasses, judge, judgeLimits } from '../src/report-page/goals.ts';
import { withLoad } from '../src/report-page/other-load.ts';
import { type BenchRecord, type Group, merge, readRecord, type ScalingRow } from '../src/report-page/record.ts';
import { writeReport } from '../src/report-page/write-report.ts';
import { shapes } from '../src/shapes.ts';

const machine = 'a processor, Node 20';

function result(name: string, kind: Result['kind'], rounds: readonly number[], rest: Partial<Result> = {}): Result {
  const usPerStep = rounds.toSorted((a, b) => a - b)[rounds.length >> 1] ?? Number.NaN;
  return { name, kind, shape: 'S', mode: 'train', usPerStep, rounds, compileMs: 50, runs: 9, ...rest };
}

const group = (results: readonly Result[], rest: Partial<Group> = {}): Group => ({
  where: 'Node',
  shape: 'S',
  mode: 'train',
  date: '2026-01-02',
  machine,
  results,
  refusals: [],
  ...rest,
});

const memory = { workspaceBytes: 1024, plannedBytes: 2048, memoryBytes: 4096 };
const wasm = result('wasm', 'backend', [10, 20, 10], { builtMs: 160, ...memory });
const torch = result('torch', 'rival', [30, 80, 50], { engine: 'torch 2.13.0' });
const jaxJs = result('jax-js', 'rival', [200, 200, 200]);
const tfjs = result('tfjs-wasm', 'rival', [150, 300, 90]);

it('compares round by round, so that a slow moment of the machine is in both', () => {
  expect(ratioOf(torch, wasm)).toEqual({ median: 4, low: 3, high: 5 });
  expect(ratioOf({ rounds: [30] }, wasm)).toEqual({ median: 3, low: 3, high: 3 });
});

it('replaces what was measured again as a whole and keeps the rest', () => {
  const other = group([wasm], { mode: 'infer' });
  const page = group([wasm], { where: 'Chromium' });
  const bundle = { minified: 9, gzipped: 5, date: '2026-01-02' };
  const kept: BenchRecord = { groups: [group([wasm, torch]), other, page], scaling: [], bundle };
  const again = group([wasm, jaxJs], { date: '2026-01-03' });
  const merged = merge(kept, { groups: [again, group([wasm], { shape: 'M' })], scaling: [] });
  expect(merged.groups.map(({ where, shape, mode }) => `${where} ${shape} ${mode}`)).toEqual([
    'Node S train',
    'Node S infer',
    'Chromium S train',
    'Node M train',
  ]);
  expect(merged.groups[0]).toEqual(again);
  expect(merged.bundle).toEqual(bundle);
});

it('judges a goal against the fastest of its rivals, in Node, and only if both were measured', () => {
  const [inPages, pytorch] = goalClasses;
  const goal = inPages?.goals.find(({ shape, mode }) => shape === 'S' && mode === 'train');
  const other = pytorch?.goals.find(({ shape, mode }) => shape === 'S' && mode === 'train');
  if (goal === undefined || other === undefined) throw new Error('there are goals for S');
  const groups = [group([wasm, torch, jaxJs, tfjs]), group([wasm, jaxJs], { where: 'Chromium' })];
  expect(judge(goal, groups)).toMatchObject({ ratio: { median: 15, low: 9, high: 15 }, against: tfjs, met: true });
  expect(judge({ ...goal, atLeast: 15.5 }, groups).met).toBe(false);
  expect(judge(other, groups)).toMatchObject({ ratio: { median: 4 }, met: true });
  expect(judge(other, [group([wasm, jaxJs])])).toEqual({ goal: other });
  expect(judge(other, [group([wasm, torch], { where: 'Chromium' })])).toEqual({ goal: other });
});

it('judges limits by the worst', () => {
  const bundle = { minified: 9, gzipped: 61_000, date: '2026-01-02' };
  const second = group([{ ...wasm, builtMs: 20 }], { mode: 'infer' });
  const [built, , , size] = judgeLimits({ groups: [second, group([wasm])], scaling: [], bundle });
  expect(built).toMatchObject({ found: 160, worst: 'S train', met: false });
  expect(size).toMatchObject({ found: 61_000, met: true });
  expect(judgeLimits({ groups: [], scaling: [] }).every(({ met }) => met === undefined)).toBe(true);
});

it('says when other work kept the machine busy, and only then', async () => {
  const page = (busyCores: number): string => benchPage({ groups: [group([wasm], { busyCores })], scaling: [] });
  expect(page(1.8)).toContain('Other work kept about 0.8 cores busy');
  expect(page(1.1)).not.toContain('Other work');
  const spin = async (): Promise<string> => {
    for (const stop = performance.now() + 300; performance.now() < stop; );
    return 'done';
  };
  const { result: done, busyCores } = await withLoad(spin);
  expect(done).toBe('done');
  expect(busyCores).toBeGreaterThan(0.3);
});

it('writes goals, measurements and growth on the page', () => {
  const points = [
    { at: 32, usPerStep: 10, rounds: [10, 10] },
    { at: 64, usPerStep: 22, rounds: [22, 21] },
  ];
  const row: ScalingRow = { table: 'batch', contender: 'wasm', mode: 'train', date: '2026-01-02', machine, points };
  const failed = { name: 'jax', shape: 'S', mode: 'train', reason: 'numbers differ', failed: true };
  const text = benchPage({ groups: [group([wasm, torch], { refusals: [failed] })], scaling: [row] });
  expect(text).toMatch(/\| S train +\| +≥ 2× \| 4\.00× \| 3\.00 … 5\.00 \| torch 2\.13\.0 \| +met \|/);
  expect(text).toMatch(/\| compile time, wasm +\| .*160 ms, at worst \(S train\) \| +\*\*missed\*\* \|/);
  expect(text).toContain('not measured');
  // PyTorch and the compile time were measured; one of the two is met.
  expect(text).toContain('1 of the 2 that were measured are met.');
  expect(text).toMatch(/\| S, wasm \| +1 KiB \| +2 KiB \| +4 KiB \| 2\.00× \|/);
  expect(text).toContain('Without a figure: jax: numbers differ.');
  // Twice the rows took 2.15 times as long: 1.08 times per row.
  expect(text).toMatch(/\| 64 +\| +22\.0 \| +0\.34 \| +1\.08× \| 1\.05 … 1\.10 \|/);
  expect(text).toContain(machine);
});

it('keeps every measurement as soon as it is taken, and adds to a report', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rheo-bench-report-'));
  const said = (['log', 'error'] as const).map((name) => vi.spyOn(console, name).mockImplementation(() => undefined));
  try {
    const files = { record: join(folder, 'bench.json'), page: join(folder, 'bench.md') };
    const right: Contender = {
      name: 'right',
      kind: 'backend',
      prepare: async (problem: Problem) => ({
        compileMs: 1,
        check: async () => Float32Array.from(referenceOf(problem)),
        run: () => undefined,
        dispose: () => undefined,
      }),
    };
    const effort = { warmRuns: 1, warmMs: 1, rounds: 1, timedMs: 1 };
    const stream = shapes.filter(({ name }) => name === 'stream');
    const plan = { shapes: stream, modes: ['stream'], contenders: [right], effort, scalingEffort: effort } as const;
    expect(await writeReport(plan, ['shapes'], false, files)).toBe(true);
    const wrong: Contender = { ...right, name: 'wrong', prepare: async () => ({ unsupported: 'no' }) };
    expect(await writeReport({ ...plan, contenders: [right, wrong] }, ['shapes'], true, files)).toBe(true);
    const { groups } = readRecord(files.record);
    expect(groups).toHaveLength(1);
    expect(groups[0]?.refusals.map(({ name }) => name)).toEqual(['wrong']);
    expect(readFileSync(files.page, 'utf8')).toContain('rheo right');
    const lines = said.flatMap(({ mock }) => mock.calls.map(([line]) => String(line)));
    expect(lines.filter((line) => line.includes('rheo right'))).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith('the whole run: '))).toHaveLength(2);
  } finally {
    for (const spy of said) spy.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  }
});
