/**
 * The gradient suites of @rheo/core on a backend: every gradient Program that agrees with differences in double is compiled
 * there and compared with the reference by the rule of the kit.
 *
 * Test files import the suites before they call this, so that these are declared, and have run, first.
 */

import type { Backend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { checkedGradients } from '../../core/test/finite-differences.ts';
import { checkExample } from '../src/index.ts';

/** Declares one test for each backend. */
export function testGradientsOn(backends: Readonly<Record<string, () => Promise<Backend>>>): void {
  describe('gradients that agree with differences', () => {
    for (const [name, create] of Object.entries(backends)) {
      it(`are those of the reference on ${name}`, { timeout: 300_000 }, async () => {
        expect(checkedGradients.length).toBeGreaterThan(100);
        const backend = await create();
        for (const { program, inputs } of checkedGradients) {
          const { worst } = await checkExample(backend, {
            program,
            inputs: inputs.map((numbers) => Float32Array.from(numbers)),
          });
          expect(worst).toBeLessThanOrEqual(1);
        }
        await backend.dispose();
      });
    }
  });
}
