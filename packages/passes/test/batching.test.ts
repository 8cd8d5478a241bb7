/** A batched Program on stacked inputs equals the Program on each input, for any choice of batched parameters. */

import type { Program } from '@rheo/ir';
import { evaluate, opKinds, ProgramBuilder, verify } from '@rheo/ir';
import { batch, batchingRules } from '@rheo/passes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dims, inputsFor, programs } from './random-program.ts';

function expectBatched(program: Program, flags: readonly boolean[]): void {
  const size = 3;
  const batched = batch(program, flags, size);
  verify(batched);
  const each = Array.from({ length: size }, (_, i) => inputsFor(program, i + 1));
  const inputs = program.params.map((_, p) =>
    flags[p] ? each.flatMap((list) => list[p] ?? []) : (each[0]?.[p] ?? []),
  );
  const found = evaluate(batched, inputs, { dims });
  for (let i = 0; i < size; i++) {
    const own = program.params.map((_, p) => (flags[p] ? (each[i]?.[p] ?? []) : (each[0]?.[p] ?? [])));
    evaluate(program, own, { dims }).forEach((wanted, r) => {
      const part = Array.from(found[r] ?? []).slice(i * wanted.length, (i + 1) * wanted.length);
      for (const [k, value] of part.entries()) expect(value).toBeCloseTo(wanted[k] as number, 9);
    });
  }
}

describe('batching', () => {
  test('has a rule for every op', () => {
    expect(Object.keys(batchingRules).sort()).toEqual(Object.keys(opKinds).sort());
  });

  test('random Programs', () => {
    fc.assert(
      fc.property(programs, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (program, flags) =>
        expectBatched(program, flags),
      ),
      { numRuns: Number(process.env['RUNS'] ?? 150) },
    );
  });

  test.each([
    [true, true],
    [true, false],
    [false, true],
  ])('a product with batch axes, gather and scatter (%s, %s)', (a, b) => {
    const builder = new ProgramBuilder();
    const x = builder.param({ dtype: 'f32', shape: [2, 3, 4] });
    const y = builder.param({ dtype: 'f32', shape: [4, 2, 5] });
    const index = builder.param({ dtype: 'i32', shape: [3] });
    const product = builder.one('dot', [x, y], { contract: [[2], [0]], batch: [[0], [1]] });
    const picked = builder.one('gather', [x, index], { axis: 1 });
    const put = builder.one('scatter_add', [x, index], { axis: 1, size: 4 });
    expectBatched(builder.build([product, picked, put]), [a, b, b]);
  });

  test.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
    [false, false, true],
  ])('random bits (%s, %s, %s)', (a, b, c) => {
    const builder = new ProgramBuilder();
    const key = builder.param({ dtype: 'u32', shape: [2] });
    const high = builder.param({ dtype: 'u32', shape: [3] });
    const low = builder.param({ dtype: 'u32', shape: [3] });
    expectBatched(builder.build([builder.one('random_bits', [key, high, low], { bits: 20 })]), [a, b, c]);
  });
});
