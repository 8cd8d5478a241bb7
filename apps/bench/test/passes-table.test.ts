/** The table of passes: every variant really runs and is checked, and what the figures say. */
import { wasm } from '@rheo/backend-wasm';
import type { Backend } from '@rheo/ir';
import { optionalPasses } from '@rheo/passes';
import { describe, expect, it } from 'vitest';
import type { Effort } from '../src/interleave.ts';
import type { CfcShape } from '../src/shapes.ts';
import type { PassesResult } from '../src/tables/passes-table.ts';
import { measureVariants, passesMarkdown, passesVerdict, variants } from '../src/tables/passes-table.ts';

const once: Effort = { warmRuns: 1, warmMs: 0, rounds: 2, timedMs: 0.001 };
const tiny: CfcShape = {
  cell: 'cfc',
  name: 'tiny',
  features: 2,
  units: 3,
  backbone: 4,
  depth: 1,
  batch: 16,
  steps: 3,
  modes: ['infer', 'train'],
};
const open = (): Promise<Backend> => wasm({ passes: optionalPasses });

function result(ratios: readonly number[], high = 0, again = 1): PassesResult {
  return {
    backend: 'wasm',
    shape: 'S',
    mode: 'train',
    usPerStep: 73,
    ratios: [1, again, ...ratios].map((median, index) => ({
      variant: variants[index]?.name ?? '',
      median,
      low: median,
      high: median + high,
    })),
  };
}

describe('the table of passes', () => {
  it.each(['infer', 'train'] as const)('times every variant of a program, %s', { timeout: 60_000 }, async (mode) => {
    const { usPerStep, ratios } = await measureVariants(open, tiny, mode, once);
    expect(usPerStep).toBeGreaterThan(0);
    expect(ratios.map(({ variant }) => variant)).toEqual(variants.map(({ name }) => name));
    expect(ratios[0]).toMatchObject({ median: 1, low: 1, high: 1 });
  });

  it('refuses a variant with other numbers', async () => {
    const wrong = async (): Promise<Backend> => {
      const backend = await open();
      const compile = backend.compile.bind(backend);
      const read = backend.read.bind(backend);
      let sunk = true;
      return Object.assign(backend, {
        compile: (...[program, options]: Parameters<typeof compile>) => {
          sunk = options?.passes?.['sink'] ?? true;
          return compile(program, options);
        },
        read: async (tensor: Parameters<typeof read>[0]) => {
          const data = await read(tensor);
          return sunk || !(data instanceof Float32Array) ? data : data.map((value) => value + 0.01);
        },
      });
    };
    await expect(measureVariants(wrong, tiny, 'infer', once)).rejects.toThrow('tiny (infer): no sink differs by 0.0');
  });

  it('names the choices that would be faster in every round, and no others', () => {
    expect(passesVerdict([result([1.2, 0.97])])).toContain('None of 2 other choices');
    expect(passesVerdict([result([0.9], 0.2)])).toContain('None of 1');
    expect(passesVerdict([result([0.9, 1.1])])).toContain('1 of 2 other choices are faster');
    expect(passesVerdict([result([0.9])])).toContain(`wasm, S train: ${variants[2]?.name} (0.90)`);
    expect(passesVerdict([result([0.9], 0, 0.91)])).toContain('None of 1');
    expect(passesMarkdown([result([1.234])])).toMatch(/\| S train +\| +73\.0 \| +1\.00 \| +1\.23 \|/);
  });
});
