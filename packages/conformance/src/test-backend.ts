/**
 * The kit as tests of a framework: vitest, Jest, or any other with `describe`, `test`, `beforeAll` and `afterAll`.
 *
 * The framework is passed, as backends are: `import * as vitest from 'vitest'; testBackend({ framework: vitest, … })`.
 * Skips appear as skipped tests with their reason in the name.
 */

import type { Backend } from '@rheo/ir';
import { cases as allCases } from './cases.ts';
import type { ConformanceCase } from './conformance-case.ts';
import type { Skip } from './run-conformance.ts';
import { runCase, skipReasons } from './run-conformance.ts';

/** What is needed of a test framework. */
export interface TestFramework {
  describe(name: string, register: () => void): unknown;
  readonly test: {
    (name: string, run: () => Promise<void>, timeout?: number): unknown;
    skip(name: string, run: () => Promise<void>): unknown;
  };
  beforeAll(run: () => Promise<void>): unknown;
  afterAll(run: () => Promise<void>): unknown;
}

/** What is tested, and with what. */
export interface TestBackendOptions {
  /** Makes the backend; called before the first case (that backend is disposed after the last), and by the cases of `lifecycle`. */
  readonly create: () => Promise<Backend>;
  readonly framework: TestFramework;
  /** What the backend does not pass, with reasons; nothing unless given. */
  readonly skip?: readonly Skip[];
  /** Cases to register; all unless given. */
  readonly cases?: readonly ConformanceCase[];
  /** Milliseconds that one case may take; 30,000 unless given. */
  readonly timeout?: number;
}

/** Registers every case as a test, by groups. Throws `argument` for a skip list that names no case. */
export function testBackend(options: TestBackendOptions): void {
  const { create, framework, skip = [], cases = allCases, timeout = 30_000 } = options;
  const reasons = skipReasons(cases, skip);
  const groups = new Map<string, ConformanceCase[]>();
  for (const item of cases) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  framework.describe('conformance', () => {
    let backend: Backend | undefined;
    framework.beforeAll(async () => {
      backend = await create();
    });
    framework.afterAll(async () => {
      await backend?.dispose();
    });
    for (const [group, items] of groups) {
      framework.describe(group, () => {
        for (const item of items) {
          const reason = reasons.get(item.id);
          const run = async (): Promise<void> => {
            if (backend === undefined) throw new Error('create() did not give a backend');
            await runCase(item, backend, create);
          };
          if (reason === undefined) framework.test(item.id, run, timeout);
          else framework.test.skip(`${item.id} (${reason})`, run);
        }
      });
    }
  });
}
