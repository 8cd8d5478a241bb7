/** Training over a thousand steps, whose sums are taken by chunks of steps, gives what the same loop gives uncut. */

import type { Tensor } from '@rheo/core';
import { add, matmul, reduceMean, scan, square, tanh, trace, valueAndGrad } from '@rheo/core';
import type { Program, SyncBackend } from '@rheo/ir';
import { evaluate, nestedPrograms, tensorType } from '@rheo/ir';
import { expect, it } from 'vitest';
import { legalProgram } from '../src/index.ts';

const [steps, rows, units, features] = [1024, 16, 72, 5];

/** Loss and gradients of h ← tanh(h·W + x·U), by W and U. */
const program: Program = trace(
  (w: Tensor, u: Tensor, x: Tensor, start: Tensor) => {
    const { value, gradient } = valueAndGrad((weights: readonly Tensor[]) => {
      const [a, b] = weights as [Tensor, Tensor];
      const [, states] = scan(
        (h: Tensor, slice: Tensor) => {
          const next = tanh(add(matmul(h, a), matmul(slice, b)));
          return [next, next] as const;
        },
        start,
        x,
      );
      return reduceMean(square(states));
    })([w, u]);
    return [value, ...gradient] as const;
  },
  [
    tensorType('f32', [units, units]),
    tensorType('f32', [features, units]),
    tensorType('f32', [steps, rows, features]),
    tensorType('f32', [rows, units]),
  ],
).program;

const inputs = program.params.map(({ type }, seed) => {
  const count = type.shape.reduce<number>((all, size) => all * (size as number), 1);
  return Float32Array.from({ length: count }, (_, index) => 0.12 * Math.sin((index + 1) * (seed + 1.7)));
});

/** In double precision. */
const exact = evaluate(program, inputs).map((data) => Array.from(data));

/** How deep loops lie in loops. */
const depth = ({ instructions }: Program): number =>
  Math.max(
    0,
    ...instructions.map((found) => (found.op === 'scan' ? 1 : 0) + Math.max(0, ...nestedPrograms(found).map(depth))),
  );

async function results(backend: SyncBackend, passes: Readonly<Record<string, boolean>> = {}): Promise<number[][]> {
  const executable = await backend.compile(program, { passes });
  const outputs = executable.run(inputs.map((data, index) => backend.upload(data, executable.inputs[index] as never)));
  return outputs.map((output) => Array.from(backend.readSync(output)));
}

/** Declares the tests for a backend that `open` gives so many threads. */
export function testChunks(open: (threads: number) => Promise<SyncBackend>): void {
  it('is cut into chunks, inside of the loop over tiles', async () => {
    const legal = await legalProgram(program, {}, { from: 'this test', factory: 'open', optional: {} });
    expect(depth(legal)).toBe(3);
  });

  it('agrees with the loop uncut, with the same bits on two threads', { timeout: 60_000 }, async () => {
    const [one, two] = [await open(1), await open(2)];
    const cut = await results(one);
    const whole = await results(one, { tile: false });
    // Sums of 16,384 terms in single precision: the cut loop may be off by what the whole one is off by, and a little more.
    exact.forEach((wanted, index) => {
      const error = (found: readonly number[][]): number =>
        wanted.reduce((worst, value, at) => Math.max(worst, Math.abs(value - (found[index]?.[at] ?? Number.NaN))), 0);
      const scale = Math.max(...wanted.map(Math.abs));
      expect(error(cut)).toBeLessThan(2 * error(whole) + 1e-6 * scale);
    });
    expect(await results(two)).toEqual(cut);
    await one.dispose();
    await two.dispose();
  });
}
