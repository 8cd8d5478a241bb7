/** Every pass keeps the meaning of random Programs with control flow, alone and after one another. */

import {
  commonSubexpressions,
  deadCode,
  fold,
  foldAndSimplify,
  inlineCalls,
  simplify,
  specialise,
} from '@rheo/passes';
import type { Program } from '@rheo/ir';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { dims, programs } from './random-program.ts';
import { expectSameMeaning } from './same-meaning.ts';

const passes: Readonly<Record<string, (program: Program) => Program>> = {
  commonSubexpressions,
  deadCode,
  fold,
  inlineCalls,
  simplify,
};

describe('random Programs keep their meaning', () => {
  for (const [name, pass] of Object.entries(passes)) {
    test(name, () => {
      fc.assert(
        fc.property(programs, (program) => expectSameMeaning(program, pass(program))),
        { numRuns: 150 },
      );
    });
  }

  test('all passes in turn, with named and with bound dimensions', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const all = (p: Program): Program => deadCode(commonSubexpressions(foldAndSimplify(deadCode(p))));
        expectSameMeaning(program, all(program));
        const bound = specialise(program, dims);
        expectSameMeaning(bound, all(all(bound)));
      }),
      { numRuns: 150 },
    );
  });
});
