/**
 * The kit as tests of a framework: vitest, Jest, or any other with `describe`, `test`, `beforeAll` and `afterAll`.
 *
 * The framework is passed, as backends are: `import * as vitest from 'vitest'; testBackend({ framework: vitest, … })`.
 * Skips appear as skipped tests with their reason in the name. Where tests get a context, as in vitest, each leaves what it
 * measured in `task.meta.conformance`, which reporters see, also from a browser, and a skip its reason as its note.
 */

import type { Backend } from '@rheo/ir';
import { cases as allCases } from './cases.ts';
import type { ConformanceCase, CreateBackend } from './conformance-case.ts';
import { ConformanceFailure } from './conformance-case.ts';
import type { Skip } from './run-conformance.ts';
import { runCase, skipReasons } from './run-conformance.ts';

/** What is needed of a test framework. */
export interface TestFramework {
  readonly describe: {
    (name: string, register: () => void): unknown;
    /** Present in vitest: what is in it runs at the same time as its neighbours of the kind. */
    readonly concurrent?: (name: string, register: () => void) => unknown;
    /** Present in vitest: what is in it runs in order. */
    readonly sequential?: (name: string, register: () => void) => unknown;
  };
  readonly test: {
    (name: string, run: (...context: unknown[]) => Promise<void>, timeout?: number): unknown;
    skip(name: string, run: () => Promise<void>): unknown;
    /** Present in vitest, whose tests get a context; it is not called. */
    readonly runIf?: unknown;
  };
  beforeAll(run: () => Promise<void>): unknown;
  afterAll(run: () => Promise<void>): unknown;
}

/** What is used of the context that a test gets. */
export interface TestContext {
  readonly task: { readonly meta: { conformance?: ReportedCase } };
  skip(reason: string): void;
}

/** What a test leaves for reporters in `task.meta.conformance`; whether it passed is the result of the test. */
export interface ReportedCase {
  /** Name of the backend. */
  readonly backend: string;
  readonly id: string;
  readonly group: string;
  /** Largest error in units of its bound; absent for a skip, and for a failure of another kind. */
  readonly worst?: number;
  /** Largest error in units in the last place of f32, for cases of single ops. */
  readonly ulps?: number;
  /** Why it is skipped. */
  readonly skip?: string;
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
  /**
   * Parts that run at the same time, where the framework has `describe.concurrent`; 1 unless given. Each has a backend and its
   * cases in order: for backends that wait for other processes.
   */
  readonly parts?: number;
}

/** Registers every case as a test, by groups. Throws `argument` for a skip list that names no case. */
export function testBackend(options: TestBackendOptions): void {
  const { framework, skip = [], cases = allCases, parts = 1 } = options;
  const reasons = skipReasons(cases, skip);
  const { concurrent, sequential } = framework.describe;
  if (parts <= 1 || concurrent === undefined || sequential === undefined) {
    framework.describe('conformance', () => registerCases(options, cases, reasons, framework.describe));
    return;
  }
  // Neighbours take equally long: dealt out like cards, so do all parts.
  for (let part = 0; part < parts; part++) {
    const dealt = cases.filter((_, index) => index % parts === part);
    concurrent(`conformance, part ${part + 1} of ${parts}`, () => registerCases(options, dealt, reasons, sequential));
  }
}

/** Registers cases that share a backend, by groups. */
function registerCases(
  { create, framework, timeout = 30_000 }: TestBackendOptions,
  cases: readonly ConformanceCase[],
  reasons: ReadonlyMap<string, string>,
  describe: (name: string, register: () => void) => unknown,
): void {
  const groups = new Map<string, ConformanceCase[]>();
  for (const item of cases) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  let backend: Backend | undefined;
  framework.beforeAll(async () => {
    backend = await create();
  });
  framework.afterAll(async () => {
    await backend?.dispose();
  });
  for (const [group, items] of groups) {
    describe(group, () => {
      for (const item of items) {
        const reason = reasons.get(item.id);
        // Without parameters: Jest takes a first one for its callback.
        const run = async (...[context]: unknown[]): Promise<void> => {
          if (backend === undefined) throw new Error('create() did not give a backend');
          await runReported(item, backend, create, isContext(context) ? context : undefined, reason);
        };
        if (reason === undefined) framework.test(item.id, run, timeout);
        else if (framework.test.runIf !== undefined) framework.test(`${item.id} (${reason})`, run, timeout);
        else framework.test.skip(`${item.id} (${reason})`, run);
      }
    });
  }
}

/** Runs or skips a case, and leaves what became of it in the context. */
async function runReported(
  item: ConformanceCase,
  backend: Backend,
  create: CreateBackend,
  context: TestContext | undefined,
  skip: string | undefined,
): Promise<void> {
  const report = (found: Partial<ReportedCase>): void => {
    if (context !== undefined) {
      context.task.meta.conformance = { backend: backend.name, id: item.id, group: item.group, ...found };
    }
  };
  if (skip !== undefined) {
    report({ skip });
    if (context === undefined) throw new Error(`the framework gave no context to skip ${item.id}`);
    context.skip(skip);
    return;
  }
  try {
    report(await runCase(item, backend, create));
  } catch (error) {
    const worst = error instanceof ConformanceFailure ? error.details.worst : undefined;
    report(worst === undefined ? {} : { worst });
    throw error;
  }
}

function isContext(value: unknown): value is TestContext {
  // In vitest it is a function with properties.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  if (!('task' in value) || !('skip' in value)) return false;
  const { task } = value;
  return typeof task === 'object' && task !== null && 'meta' in task && typeof value.skip === 'function';
}
