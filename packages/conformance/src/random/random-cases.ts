/**
 * Random Programs as cases: 200 cases of ten Programs each, from seeds that are the numbers in the ids.
 *
 * A case that fails is reduced: the failure shows the smallest Program found, and the seed and path with which
 * fast-check makes the first one again.
 */

import type { Backend } from '@rheo/ir';
import fc from 'fast-check';
import { checkExample } from '../check-example.ts';
import type { CaseReport, ConformanceCase } from '../conformance-case.ts';
import { ConformanceFailure } from '../conformance-case.ts';
import type { Example } from '../example.ts';
import type { ProgramOptions } from './arbitrary-program.ts';
import { arbitraryProgram } from './arbitrary-program.ts';
import { reduceExample } from './reduce-example.ts';

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
    const report = await checkExample(backend, example);
    worst = Math.max(worst, report.worst);
  });
  // The Program itself is reduced below: that goes further than shrinking the choices that made it, in fewer runs.
  const outcome = await fc.check(property, { seed, numRuns: count, endOnFailure: true });
  if (!outcome.failed || outcome.counterexample === null) return { worst };
  const [example] = outcome.counterexample;
  const smallest = await reduceExample(example, async (smaller) => {
    const found = await failureOf(backend, smaller);
    return found === undefined ? undefined : kindOf(found);
  });
  const failure = await failureOf(backend, smallest);
  const details = failure instanceof ConformanceFailure ? failure.details : { ...smallest, cause: failure };
  const dims = smallest.dims === undefined ? '' : `, dims ${JSON.stringify(smallest.dims)}`;
  const where = `seed ${seed}, path "${outcome.counterexamplePath}"${dims}`;
  if (failure === undefined) {
    throw new ConformanceFailure(`${firstLine(outcome.errorInstance)}; not when it is run again (${where})`, example);
  }
  throw new ConformanceFailure(`${firstLine(failure)} (${where})`, details);
}

async function failureOf(backend: Backend, example: Example): Promise<unknown> {
  try {
    await checkExample(backend, example);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The message without its numbers: what stays while an example shrinks. */
function kindOf(error: unknown): string {
  return firstLine(error)
    .replaceAll(/result .*/g, 'result')
    .replaceAll(/\d+/g, '#');
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').replace('@rheo/conformance: ', '');
}
