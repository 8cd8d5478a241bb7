/** Sums that run side by side and over wide rows, against the reference interpreter. */
import type { DeviceTensor } from '@rheo/ir';
import { evaluate, parse, tensorType } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { wasm } from '../src/index.ts';

describe('sums', () => {
  const shapes = [
    [1, 16],
    [5, 15],
    [7, 37],
    [9, 64],
    [33, 17],
    [2, 3],
  ] as const;

  it.each(shapes)('of %i × %i, three from one expression, in both directions', async (rows, columns) => {
    const backend = await wasm();
    const type = `f32[${rows},${columns}]`;
    const program = parse(`program(%0: ${type}, %1: f32[${columns}], %2: f32[${rows}]) {
  %3: ${type} = broadcast(%1) shape=[${rows},${columns}] axes=[1]
  %4: ${type} = mul(%0, %3)
  %5: ${type} = logistic(%4)
  %6: ${type} = broadcast(%2) shape=[${rows},${columns}] axes=[0]
  %7: ${type} = mul(%5, %6)
  %8: ${type} = mul(%5, %0)
  %9: f32[${columns}] = reduce_sum(%5) axes=[0]
  %10: f32[${columns}] = reduce_sum(%7) axes=[0]
  %11: f32[${columns}] = reduce_sum(%8) axes=[0]
  %12: f32[${rows}] = reduce_sum(%0) axes=[1]
  %13: f32[${rows}] = reduce_max(%0) axes=[1]
  %14: f32[${columns}] = reduce_max(%8) axes=[0]
  return %9, %10, %11, %12, %13, %14
}`);
    const inputs = [rows * columns, columns, rows].map((count, seed) =>
      Float32Array.from({ length: count }, (_, i) => Math.sin((i + 1) * (seed + 1.7))),
    );
    const executable = await backend.compile(program);
    const dims = [[rows, columns], [columns], [rows]];
    const handles = inputs.map((data, i) => backend.upload(data, tensorType('f32', dims[i] as number[])));
    const found = executable.run(handles);
    evaluate(program, inputs).forEach((wanted, result) => {
      const got = backend.readSync(found[result] as DeviceTensor);
      wanted.forEach((x, i) => {
        expect(Math.abs((got[i] ?? Number.NaN) - x), `result ${result}[${i}]`).toBeLessThan(2e-6 * (1 + rows));
      });
    });
    await backend.dispose();
  });
});
