/** Sums over different axes that are taken in one kernel, against the interpreter: all sizes of tails, all orders of axes. */

import type { SyncBackend } from '@rheo/ir';
import { evaluate, parse } from '@rheo/ir';
import { expect, it } from 'vitest';
import { lower } from '../src/index.ts';

const axesOf: readonly (readonly number[])[] = [[0], [1], [2], [0, 2], [1, 2], [0, 1], [0, 1, 2]];

/** Sums of f(x·w) over all kinds of axes, from one array. */
function sums(shape: readonly number[]): string {
  const all = `[${shape.join()}]`;
  const kept = (axes: readonly number[]): string => `[${shape.filter((_, axis) => !axes.includes(axis)).join()}]`;
  const lines = axesOf.map((axes, i) => `%${4 + i}: f32${kept(axes)} = reduce_sum(%3) axes=[${axes.join()}]`);
  return `program(%0: f32${all}, %1: f32${all}) {
  %2: f32${all} = mul(%0, %1)
  %3: f32${all} = tanh(%2)
  ${lines.join('\n  ')}
  return ${axesOf.map((_, i) => `%${4 + i}`).join(', ')}
}`;
}

/** Declares the tests for a backend that has such kernels. */
export function testSums(open: () => Promise<SyncBackend>): void {
  it.each([[[7, 9, 18]], [[33, 8, 4]], [[1030, 1, 1]], [[3, 5, 83]], [[1, 64, 17]]])('%j', async (shape) => {
    const program = parse(sums(shape));
    const kinds = lower(program, new Set(), { sums: true }).steps.map(({ kind }) => kind);
    expect(kinds).toContain('sums');
    const count = shape.reduce((product, size) => product * size, 1);
    const inputs = [0.7, 1.3].map((scale) =>
      Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * scale + 1)),
    );
    const backend = await open();
    const executable = await backend.compile(program, { passes: { simplify: false, factor: false } });
    const handles = inputs.map((data, i) =>
      backend.upload(data, program.params[i]?.type ?? { dtype: 'f32', shape: [] }),
    );
    const wanted = evaluate(program, inputs);
    // Twice: sums start from zero each time.
    for (let run = 0; run < 2; run++) {
      executable.run(handles).forEach((tensor, index) => {
        const found = backend.readSync(tensor);
        wanted[index]?.forEach((x, at) => {
          expect(Math.abs(Number(found[at]) - x), `sum ${index}[${at}]`).toBeLessThan(1e-5 * Math.sqrt(count));
        });
      });
    }
    await backend.dispose();
  });
}
