/** Rows of sizes: every size is checked before it is timed, and memory is told beside it. */
import { expect, it } from 'vitest';
import { wasm } from '../src/backends/wasm.ts';
import type { Contender } from '../src/contender.ts';
import { type ScalingTable, scale } from '../src/scaling.ts';

const table: ScalingTable = { name: 'batch', unit: 'row', sizes: [2, 4], linear: true, text: '' };
const effort = { warmRuns: 1, warmMs: 10, rounds: 2, timedMs: 2 };

it('times our backend on each size', async () => {
  const points = await scale(wasm, table, 'train', effort);
  expect(points.map(({ at }) => at)).toEqual([2, 4]);
  for (const { usPerStep, rounds, workspaceBytes, memoryBytes } of points) {
    expect(usPerStep).toBeGreaterThan(0);
    expect(rounds.every((us) => us > 0)).toBe(true);
    expect(memoryBytes).toBeGreaterThan(workspaceBytes ?? Number.POSITIVE_INFINITY);
  }
}, 60_000);

it('gives no figure for wrong numbers', async () => {
  const wrong: Contender = {
    name: 'wrong',
    kind: 'backend',
    prepare: async () => ({
      compileMs: 1,
      check: async () => new Float32Array(3),
      run: () => undefined,
      dispose: () => undefined,
    }),
  };
  await expect(scale(wrong, table, 'infer', effort)).rejects.toThrow(/wrong, batch 2, infer: gave 3 numbers/);
});
