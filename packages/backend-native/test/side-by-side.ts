/**
 * The conformance kit in several parts at a time, each with a backend of its own and its cases one after another: most of the
 * time goes into waiting for the compiler, and vitest leaves processors to what tests start.
 */
import { availableParallelism } from 'node:os';
import { cases as allCases, type ConformanceCase, type TestBackendOptions, testBackend } from '@rheo/conformance';
import * as vitest from 'vitest';

const parts = Math.min(4, availableParallelism());

/** Registers cases, all unless given. `create` makes a backend for each part. */
export function testSideBySide({ cases = allCases, ...options }: Omit<TestBackendOptions, 'framework'>): void {
  const dealt: ConformanceCase[][] = Array.from({ length: parts }, () => []);
  // Neighbours take equally long: dealt out like cards, all parts do.
  for (const [index, each] of cases.entries()) dealt[index % parts]?.push(each);
  const framework = { ...vitest, describe: vitest.describe.sequential };
  for (const [index, part] of dealt.entries()) {
    vitest.describe.concurrent(`part ${index + 1} of ${parts}`, () =>
      testBackend({ ...options, framework, cases: part }),
    );
  }
}
