/** The frame itself, with made-up contenders: order of work, and what becomes of those that cannot or are wrong. */
import { expect, it } from 'vitest';
import type { Contender } from '../src/contender.ts';
import { type Effort, median } from '../src/interleave.ts';
import { measure } from '../src/measure.ts';
import { makeProblem, type Problem } from '../src/problem.ts';
import { referenceOf } from '../src/reference.ts';
import { jsonLine, refusalLines, table } from '../src/report.ts';

const shape = {
  cell: 'cfc',
  name: 'T',
  features: 2,
  units: 2,
  backbone: 3,
  depth: 1,
  batch: 2,
  steps: 2,
  modes: ['infer'],
} as const;
const effort: Effort = { warmRuns: 3, warmMs: 1000, rounds: 2, timedMs: 1 };

function fake(name: string, log: string[], spoil = 0): Contender {
  return {
    name,
    kind: name === 'ours' ? 'backend' : 'rival',
    prepare: async (problem: Problem) => ({
      compileMs: 7,
      check: async () => Float32Array.from(referenceOf(problem), (value) => value + spoil),
      run: () => undefined,
      sample: async (count) => {
        log.push(name);
        return Array.from({ length: Math.min(count, 1) }, () => (name === 'ours' ? 10 : 40));
      },
      dispose: () => {
        log.push(`${name} gone`);
      },
    }),
  };
}

it('warms up, then gives every contender a slice in each round', async () => {
  const log: string[] = [];
  const problem = makeProblem(shape, 'infer');
  const { results } = await measure([fake('ours', log), fake('theirs', log)], problem, effort);
  const warm = ['ours', 'ours', 'ours', 'theirs', 'theirs', 'theirs'];
  expect(log).toEqual([...warm, 'ours', 'theirs', 'ours', 'theirs', 'ours gone', 'theirs gone']);
  expect(results.map(({ name, usPerStep, runs }) => [name, usPerStep, runs])).toEqual([
    ['ours', 5, 2],
    ['theirs', 20, 2],
  ]);
  expect(results.map((result) => JSON.parse(jsonLine(result)))).toEqual([
    { backend: 'ours', shape: 'T', mode: 'infer', us_per_step: 5, compile_ms: 7, runs: 2, rounds: [5, 5] },
    { rival: 'theirs', shape: 'T', mode: 'infer', us_per_step: 20, compile_ms: 7, runs: 2, rounds: [20, 20] },
  ]);
  expect(table({ results, refusals: [] })).toMatch(/of rheo ours[\s\S]*^rheo ours\s+5\.00\s+1\.00×/m);
  expect(table({ results, refusals: [] })).toMatch(/^theirs\s+20\.0\s+4\.00×/m);
});

it('times no engine whose numbers are wrong, that fails, or that cannot do the problem', async () => {
  const cannot: Contender = { name: 'c', kind: 'rival', prepare: async () => ({ unsupported: 'no gradients' }) };
  const fails: Contender = { name: 'f', kind: 'rival', prepare: () => Promise.reject(new Error('broken')) };
  const problem = makeProblem(shape, 'infer');
  const measurement = await measure([fake('w', [], 1e-3), cannot, fails], problem, effort);
  expect(measurement.results).toEqual([]);
  expect(refusalLines(measurement)).toEqual([
    expect.stringMatching(/^T infer: w failed: numbers differ by 1\.0e-3/),
    'T infer: c left out: no gradients',
    'T infer: f failed: broken',
  ]);
});

it('takes the middle, or the mean of the two middle values', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

it('makes equal numbers from equal seeds and repeats distinct rows', () => {
  const wide = { ...shape, batch: 9 };
  expect(makeProblem(wide, 'train')).toEqual(makeProblem(wide, 'train'));
  expect(makeProblem(wide, 'train', 2).x).not.toEqual(makeProblem(wide, 'train').x);
  const { x } = makeProblem(wide, 'train');
  expect(x.slice(0, 6)).toEqual(x.slice(6, 12));
});
