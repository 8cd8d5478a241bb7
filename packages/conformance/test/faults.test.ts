/** The kit catches what it is there to catch: backends with one fault each. */

import type { Backend } from '@rheo/ir';
import { describe, expect, test } from 'vitest';
import { cases, runConformance } from '../src/index.ts';
import { broken, rewritten } from './broken-backend.ts';

async function failing(backend: Backend, prefixes: readonly string[]): Promise<Map<string, string>> {
  const results = await runConformance(backend, {
    filter: ({ id }) => prefixes.some((prefix) => id.startsWith(prefix)),
  });
  return new Map(results.filter(({ ok }) => !ok).map(({ id, reason = '' }) => [id, reason]));
}

describe('a fault is found', () => {
  test('an add that subtracts', async () => {
    const backend = broken({
      program: (program) =>
        rewritten(program, (b, op, operands) => (op === 'add' ? b.emit('sub', operands, {}) : undefined)),
    });
    const found = await failing(backend, ['op/add/', 'op/mul/', 'op/neg/', 'scan/cumulative']);
    expect([...found.keys()].filter((id) => !id.startsWith('op/add/'))).toEqual(['scan/cumulative']);
    const [sound] = cases.filter(({ id }) => id.startsWith('op/add/') && !found.has(id)).map(({ id }) => id);
    expect(sound).toBe('op/add/f32/0');
    expect(found.get('op/add/f32/3')).toMatch(
      /expected .*, got .*; the bound is .*\nprogram\(%0: f32\[3\], %1: f32\[3\]\)/s,
    );
  });

  test('an add that subtracts, in a random Program, which is reduced to it', async () => {
    const backend = broken({
      program: (program) =>
        rewritten(program, (b, op, operands) => (op === 'add' ? b.emit('sub', operands, {}) : undefined)),
    });
    const found = await failing(backend, ['random/000']);
    expect(found.size).toBeGreaterThan(4);
    const shortest = Math.min(
      ...[...found.values()].map((reason) => reason.split('\n').filter((l) => l.includes(' = ')).length),
    );
    expect(shortest).toBeLessThan(5);
    expect([...found.values()][0]).toMatch(/seed \d+, path/);
  });

  test('a tanh that is ten units in the last place off', async () => {
    const backend = broken({
      program: (program) =>
        rewritten(program, (b, op, operands) => {
          if (op !== 'tanh') return undefined;
          const [y] = b.emit('tanh', operands, {});
          return [
            b.plain(
              'mul',
              y as number,
              b.fill(b.type(y as number).dtype, b.type(y as number).shape, 1 + 10 * 2 ** -23),
            ),
          ];
        }),
    });
    const found = await failing(backend, ['op/tanh/f32/', 'op/exp/f32/']);
    expect(found.has('op/tanh/f32/17')).toBe(true);
    expect(found.has('op/exp/f32/17')).toBe(false);
  });

  test('a reverse that is ignored', async () => {
    const backend = broken({
      program: (program) =>
        rewritten(program, (b, op, operands, attributes) =>
          op === 'scan'
            ? b.emit('scan', operands, { ...(attributes as never as object), reverse: false } as never)
            : undefined,
        ),
    });
    const found = await failing(backend, ['scan/']);
    expect([...found.keys()]).toContain('scan/reverse');
    expect([...found.keys()]).not.toContain('scan/cumulative');
  });

  test('results that are the inputs themselves', async () => {
    const backend = broken({
      run: (executable, inputs) =>
        executable.run(inputs).map((result, i) => {
          const same = inputs[i];
          if (same === undefined || executable.results.length !== 3) return result;
          result.dispose();
          return same;
        }),
    });
    expect([...(await failing(backend, ['contract/results-'])).keys()]).toEqual(['contract/results-never-alias']);
  });

  test('a handle that stays behind in each run', async () => {
    const backend = broken({
      run: (executable, inputs, own) => {
        own.upload(new Float32Array(1), { dtype: 'f32', shape: [1] });
        return executable.run(inputs);
      },
    });
    const found = await failing(backend, ['op/neg/f32/3', 'contract/row-major']);
    expect(found.size).toBe(4);
    expect(found.get('op/neg/f32/3')).toMatch(/1 handles are alive after op\/neg\/f32\/3/);
  });

  test('donation that is ignored', async () => {
    const backend = broken({ options: ({ donate: _, ...options }) => options });
    const found = await failing(backend, ['contract/']);
    expect([...found.keys()].sort()).toEqual([
      'contract/bind/donation',
      'contract/donated-twice',
      'contract/donation',
      'contract/donation-index',
      'contract/donation-loop',
    ]);
  });

  test('reads that share memory', async () => {
    const kept = new WeakMap<object, Awaited<ReturnType<Backend['read']>>>();
    const backend = broken({
      read: async (own, tensor) => {
        const data = kept.get(tensor) ?? (await own.read(tensor));
        kept.set(tensor, data);
        return data;
      },
    });
    expect((await failing(backend, ['contract/read-copies'])).size).toBe(1);
  });
});
