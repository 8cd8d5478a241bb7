import type { Group } from '@rheo/conformance';
import { cases, runConformance } from '@rheo/conformance';
import type { TensorData } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { batchInput, batchResults, batchSource } from './batch.ts';
import { compileAndRun, findCompiler, findSanitizers, strict } from './c-compiler.ts';
import { ReplayBackend } from './replay-backend.ts';

/** Each file under its own flags, as users have theirs. */
const builds: readonly (readonly string[])[] = [
  ['-O0'],
  ['-O1'],
  ['-O2'],
  ['-Os'],
  findSanitizers() ? ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'] : ['-O3'],
  ['-O1', '-std=gnu99', '-Wshadow', '-Wdouble-promotion', '-Wsign-compare'],
];
/** Groups whose Programs do not depend on results of earlier runs. */
const groups: readonly Group[] = ['op', 'special', 'view', 'dot', 'control', 'random'];

const compiler = findCompiler();

describe.skipIf(compiler === undefined)(
  `generated C (needs a C compiler called cc; ${compiler ?? 'found none'})`,
  () => {
    it('passes the kit, one-op cases and random Programs alike', { timeout: 600_000 }, async () => {
      const chosen = cases.filter(({ group, id }) => groups.includes(group) && !/^random\/0(0[5-9]|[1-9])/.test(id));
      const backend = new ReplayBackend();
      await runConformance(backend, { cases: chosen });
      const jobs = [...backend.jobs];
      const answers = new Map<string, readonly TensorData[]>();
      for (const [number, flags] of builds.entries()) {
        const part = jobs.filter((_, index) => index % builds.length === number);
        const list = part.map(([, job]) => job);
        const output = compileAndRun(batchSource(list), batchInput(list), { flags: [...strict, ...flags] });
        batchResults(list, output).forEach((results, index) => {
          answers.set(part[index]?.[0] ?? '', results);
        });
      }
      backend.answers = answers;
      const results = await runConformance(backend, { cases: chosen });
      expect(results.filter(({ ok }) => !ok).map(({ id, reason }) => `${id}: ${reason}`)).toEqual([]);
      expect(jobs.length).toBeGreaterThan(1000);
    });
  },
);
