/**
 * Random Programs as cases: 200 cases of ten Programs each, from seeds that are the numbers in the ids.
 *
 * A case that fails shrinks: the failure shows the smallest Program found, and the seed and path that give it again.
 */

import type { Backend } from '@rheo/ir';
import fc from 'fast-check';
import type { Example } from '../check-example.ts';
import { checkExample } from '../check-example.ts';
import type { CaseReport, ConformanceCase } from '../conformance-case.ts';
import { ConformanceFailure } from '../conformance-case.ts';
import type { ProgramOptions } from './arbitrary-program.ts';
import { arbitraryProgram } from './arbitrary-program.ts';

/** Number of cases. */
const caseCount = 200;
/** Programs in each. */
const perCase = 10;

/** `random/0001` … */
export function randomCases(count: number = caseCount): ConformanceCase[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `random/${String(index + 1).padStart(4, '0')}`,
    group: 'random',
    // Every fourth case has larger Programs, every fifth none with named dimensions.
    run: (backend) =>
      checkRandom(backend, index + 1, perCase, { size: index % 4 === 3 ? 48 : 20, named: index % 5 !== 4 }),
  }));
}

/** Checks so many random Programs of a seed. Throws `ConformanceFailure` with the smallest Program that fails. */
export async function checkRandom(
  backend: Backend,
  seed: number,
  count: number,
  options: ProgramOptions = {},
): Promise<CaseReport> {
  let worst = 0;
  const property = fc.asyncProperty(arbitraryProgram(options), async (example: Example) => {
    const before = backend.liveTensors;
    const report = await checkExample(backend, example);
    worst = Math.max(worst, report.worst);
    if (backend.liveTensors !== before) throw new ConformanceFailure('handles are alive after a run', example);
  });
  const outcome = await fc.check(property, { seed, numRuns: count, interruptAfterTimeLimit: 20_000 });
  if (!outcome.failed || outcome.counterexample === null) return { worst };
  const failure = outcome.errorInstance;
  const [example] = outcome.counterexample;
  const details = failure instanceof ConformanceFailure ? failure.details : { ...example, cause: failure };
  const what = failure instanceof Error ? failure.message.split('\n')[0] : String(failure);
  const dims = example.dims === undefined ? '' : `, dims ${JSON.stringify(example.dims)}`;
  throw new ConformanceFailure(
    `${what?.replace('@rheo/conformance: ', '')} (seed ${seed}, path "${outcome.counterexamplePath}"${dims})`,
    details,
  );
}
