/** Training steps and forward passes of the benchmark's shapes on one, two and four threads of wasm: the same bits. */
import { wasm } from '@rheo/backend-wasm';
import { expect, it } from 'vitest';
import { prepareInfer, prepareTrain } from '../src/backends/prepare-model.ts';
import { workOf } from '../src/backends/work-of.ts';
import { makeProblem } from '../src/problem.ts';
import { shapes } from '../src/shapes.ts';

const cases = shapes.flatMap((shape) =>
  shape.modes.flatMap((mode) => (mode === 'stream' ? [] : [{ name: `${shape.name} ${mode}`, shape, mode }])),
);

it.each(cases)('$name', { timeout: 240_000 }, async ({ shape, mode }) => {
  // Fewer steps: bits that differ do so at once, and the large shapes take a second for each run.
  const short = { ...shape, steps: Math.min(shape.steps, 8) };
  const problem = makeProblem(short, mode);
  const found: Float32Array[] = [];
  for (const threads of [1, 2, 4]) {
    const backend = await wasm({ threads });
    const prepared = await (mode === 'train' ? prepareTrain : prepareInfer)(backend, workOf(problem));
    found.push(await prepared.check());
    await prepared.dispose();
  }
  const [one, two, four] = found as [Float32Array, Float32Array, Float32Array];
  expect(one.every(Number.isFinite)).toBe(true);
  expect(new Uint8Array(two.buffer)).toEqual(new Uint8Array(one.buffer));
  expect(new Uint8Array(four.buffer)).toEqual(new Uint8Array(one.buffer));
});
