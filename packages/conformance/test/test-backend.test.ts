/** What `testBackend` asks of a framework, and what it tells one. */

import { referenceBackend } from '@rheo/ir';
import { expect, test } from 'vitest';
import type { TestFramework } from '../src/index.ts';
import { cases, functionTolerance, programTolerance, sumTolerance, testBackend, ulpsOf } from '../src/index.ts';
import { broken } from './broken-backend.ts';

const few = cases.filter(({ id }) => ['op/tanh/f32/3', 'op/erf/f32/3', 'scan/cumulative'].includes(id));
const skip = [{ reason: 'no erf', cases: ['op/erf/*'] }];

interface Registered {
  readonly name: string;
  readonly run: (...context: unknown[]) => Promise<void>;
}

/** A framework that keeps what is registered; `contextual` as vitest is, else as Jest is. */
function fake(contextual: boolean): {
  framework: TestFramework;
  tests: Registered[];
  skipped: string[];
  before: (() => Promise<void>)[];
} {
  const tests: Registered[] = [];
  const skipped: string[] = [];
  const before: (() => Promise<void>)[] = [];
  const register = (name: string, run: Registered['run']): void => {
    tests.push({ name, run });
  };
  const marks = { skip: (name: string): unknown => skipped.push(name), ...(contextual ? { runIf: register } : {}) };
  const framework: TestFramework = {
    describe: (_, body) => body(),
    test: Object.assign(register, marks),
    beforeAll: (run) => before.push(run),
    afterAll: () => undefined,
  };
  return { framework, tests, skipped, before };
}

test('with a context, each test leaves what it measured, and a skip its reason', async () => {
  const { framework, tests, skipped, before } = fake(true);
  testBackend({ framework, create: async () => referenceBackend({ precision: 'single' }), cases: few, skip });
  for (const run of before) await run();
  const found: unknown[] = [];
  for (const { name, run } of tests) {
    const notes: string[] = [];
    const context = { task: { meta: {} }, skip: (reason: string) => notes.push(reason) };
    await run(context);
    found.push({ name, notes, meta: context.task.meta });
  }
  expect(skipped).toEqual([]);
  const worst = expect.any(Number);
  expect(found).toEqual([
    {
      name: 'op/tanh/f32/3',
      notes: [],
      meta: { conformance: { backend: 'reference', id: 'op/tanh/f32/3', group: 'op', worst, ulps: worst } },
    },
    {
      name: 'op/erf/f32/3 (no erf)',
      notes: ['no erf'],
      meta: { conformance: { backend: 'reference', id: 'op/erf/f32/3', group: 'op', skip: 'no erf' } },
    },
    {
      name: 'scan/cumulative',
      notes: [],
      meta: { conformance: { backend: 'reference', id: 'scan/cumulative', group: 'control', worst } },
    },
  ]);
});

test('a failure tells how far it was off', async () => {
  const { framework, tests, before } = fake(true);
  const create = async () => broken({ read: async (own, tensor) => (await own.read(tensor)).map((x) => x + 1) });
  testBackend({ framework, create, cases: few.slice(0, 1) });
  for (const run of before) await run();
  const context = { task: { meta: {} as { conformance?: { worst?: number } } }, skip: () => undefined };
  await expect(tests[0]?.run(context)).rejects.toThrow(/expected/);
  expect(context.task.meta.conformance?.worst).toBeGreaterThan(1e5);
});

test('without a context skips are those of the framework, and tests take no parameter', async () => {
  const { framework, tests, skipped, before } = fake(false);
  testBackend({ framework, create: async () => referenceBackend(), cases: few, skip });
  for (const run of before) await run();
  expect(skipped).toEqual(['op/erf/f32/3 (no erf)']);
  expect(tests.map(({ run }) => run.length)).toEqual([0, 0]);
  for (const { run } of tests) await run();
});

test('units in the last place are those of the scale', () => {
  const ulps = (d: number, got: number, tolerance = functionTolerance, terms?: number): number | undefined => {
    const data = {
      type: { dtype: 'f32', shape: [1] } as const,
      double: Float64Array.of(d),
      single: Float64Array.of(d),
    };
    const expected = terms === undefined ? data : { ...data, terms: Float64Array.of(terms) };
    return ulpsOf(expected, [got], tolerance);
  };
  expect(ulps(1, 1 + 3 * 2 ** -23)).toBe(3);
  // Below a power of two the numbers lie twice as close.
  expect(ulps(1 - 2 ** -24, 1 - 2 ** -24 - 3 * 2 ** -24)).toBe(3);
  expect(ulps(2 ** -103, 0)).toBe(2 ** 23);
  expect(ulps(2 ** -104, 0)).toBe(0);
  expect(ulps(2 ** -10, 2 ** -10 + 2 ** -23, sumTolerance, 4)).toBe(0.25);
  expect(ulps(1, 2, programTolerance)).toBeUndefined();
});

test('parts have a backend and their share of the cases each, where a framework can run them at a time', async () => {
  const create = async () => referenceBackend({ precision: 'single' });
  const plain = fake(true);
  testBackend({ framework: plain.framework, create, cases: few, parts: 2 });
  expect(plain.before.length).toBe(1);

  const { framework, tests, before } = fake(true);
  const described: string[] = [];
  const kind =
    (name: string) =>
    (title: string, body: () => void): void => {
      described.push(`${name}: ${title}`);
      body();
    };
  const describe = Object.assign(kind('plain'), { concurrent: kind('concurrent'), sequential: kind('sequential') });
  testBackend({ framework: { ...framework, describe }, create, cases: few, parts: 2 });
  expect(before.length).toBe(2);
  expect(tests.map(({ name }) => name).sort()).toEqual(few.map(({ id }) => id).sort());
  expect(described.filter((each) => !each.startsWith('sequential'))).toEqual([
    'concurrent: conformance, part 1 of 2',
    'concurrent: conformance, part 2 of 2',
  ]);
});
