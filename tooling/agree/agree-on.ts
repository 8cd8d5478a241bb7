/**
 * Registers the tests of agreement: every training on every backend, and then, along a ring, the second half of each on the
 * backend after the one that trained the first half, with parameters and the state of the optimiser carried over.
 */
import type { Backend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import type { TestContext } from 'vitest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Agreed, Course } from './agreement.ts';
import { course, tolerance, worstDifference } from './agreement.ts';
import { epochs, stepsPerEpoch, trainings } from './trainings.ts';

/** Makes a backend. */
export type Maker = () => Promise<Backend>;

/** Milliseconds for one training: an emulated GPU on a busy machine takes ten seconds. */
const timeout = 120_000;

/** Tests for backends by name, in the order of the ring, on these trainings. */
export function agreeOn(
  makers: Readonly<Record<string, Maker>>,
  selected: readonly string[] = Object.keys(trainings),
): void {
  const names = Object.keys(makers);
  const backends = new Map<string, Backend>();
  beforeAll(async () => {
    for (const [name, make] of Object.entries(makers)) backends.set(name, await make());
  }, timeout);
  afterAll(async () => {
    for (const backend of backends.values()) await backend.dispose();
  });
  const backendOf = (name: string): Backend => {
    const backend = backends.get(name);
    if (backend === undefined) throw new Error(`${name} was not created`);
    return backend;
  };
  describe.each(selected)('%s', (training) => {
    const courses = new Map<string, Course>();
    const known = (name: string): Course => {
      const found = courses.get(name);
      if (found === undefined) throw new Error(`the training on ${name} failed`);
      return found;
    };
    const judge = (context: TestContext, found: Course, agreed: Omit<Agreed, 'training' | 'worst'>): void => {
      const worst = worstDifference(known('reference'), found);
      Object.assign(context.task.meta, { agree: { ...agreed, training, worst } satisfies Agreed });
      expect(worst).toBeLessThan(tolerance);
    };
    beforeAll(async () => {
      courses.set('reference', await course(training, referenceBackend()));
    }, timeout);
    test('the reference learns', () => {
      const { losses } = known('reference');
      expect(losses).toHaveLength(epochs * stepsPerEpoch);
      const mean = (part: readonly number[]): number => part.reduce((sum, loss) => sum + loss, 0) / part.length;
      expect(mean(losses.slice(-10))).toBeLessThan(0.9 * mean(losses.slice(0, 10)));
    });
    test.for(names)('%s', { timeout }, async (name, context) => {
      courses.set(name, await course(training, backendOf(name)));
      judge(context, known(name), { backend: name });
    });
    test.for(names)('in the middle to %s', { timeout }, async (name, context) => {
      const from = names.at(names.indexOf(name) - 1) as string;
      judge(context, await course(training, backendOf(name), known(from)), { backend: name, from });
    });
  });
}
