/** Every pass keeps the meaning of random Programs with control flow, alone and after one another. */

import type { Program } from '@rheo/ir';
import { print } from '@rheo/ir';
import { optimise, optimiseLazily, optionalPasses, passes, rematerialise, sink, specialise } from '@rheo/passes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dims, programs } from './random-program.ts';
import { expectSameMeaning } from './same-meaning.ts';

const numRuns = Number(process.env['RUNS'] ?? 100);
const everything = Object.fromEntries(Object.keys(passes).map((name) => [name, true]));

describe('random Programs keep their meaning', () => {
  for (const [name, pass] of Object.entries(passes)) {
    test(name, () => {
      fc.assert(
        fc.property(programs, (program) => expectSameMeaning(program, pass.run(program))),
        { numRuns },
      );
    });
  }

  test('sink, without a limit', () => {
    fc.assert(
      fc.property(programs, (program) =>
        expectSameMeaning(program, sink(program, { limit: Number.POSITIVE_INFINITY })),
      ),
      { numRuns },
    );
  });

  test('rematerialise, whenever it can', () => {
    fc.assert(
      fc.property(programs, (program) =>
        expectSameMeaning(program, rematerialise(program, { store: Number.POSITIVE_INFINITY })),
      ),
      { numRuns },
    );
  });

  test('optimiseLazily gives what optimise gives', async () => {
    await fc.assert(
      fc.asyncProperty(programs, async (program) => {
        expect(print(await optimiseLazily(program))).toBe(print(optimise(program)));
      }),
      { numRuns },
    );
  });

  for (const [name, switches] of Object.entries({ standard: {}, everything })) {
    test(`optimise, ${name}, with named and with bound dimensions`, () => {
      fc.assert(
        fc.property(programs, (program: Program) => {
          expectSameMeaning(program, optimise(program, switches, optionalPasses));
          const bound = specialise(program, dims);
          expectSameMeaning(bound, optimise(bound, switches, optionalPasses));
        }),
        { numRuns },
      );
    });
  }
});
