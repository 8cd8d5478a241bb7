import { evaluate, tensorType, threefry2x32 } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../src/index.ts';
import {
  deriveKey,
  fanInUniform,
  foldIn,
  glorotUniform,
  key,
  normal,
  orthogonal,
  splitKey,
  trace,
  uniform,
} from '../src/index.ts';

describe('keys', () => {
  it('are the same on the host and in a Program', () => {
    const { program } = trace(
      (k: Tensor, n: Tensor) => [deriveKey(k, n), deriveKey(k, 3)],
      [tensorType('u32', [2]), tensorType('u32')],
    );
    const from = key(2 ** 40 + 17);
    const [a, b] = evaluate(program, [from, [4294967295]]);
    expect(Array.from(a ?? [])).toEqual(Array.from(foldIn(from, 4294967295)));
    expect(Array.from(b ?? [])).toEqual(Array.from(foldIn(from, 3)));
  });

  it('hold both halves of a seed and are the words of threefry', () => {
    expect(Array.from(key(2 ** 40 + 17))).toEqual([256, 17]);
    expect(Array.from(foldIn(key(5), 9))).toEqual([threefry2x32(0, 5, 9, 0)[0], threefry2x32(0, 5, 9, 1)[0]]);
    const all = splitKey(key(1), 100).map((words) => words.join());
    expect(new Set(all).size).toBe(100);
  });

  it('refuse seeds and words that are none', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => key(seed)).toThrow(/is not a seed/);
    expect(() => foldIn(key(1), -1)).toThrow(/folded/);
    expect(() => foldIn(new Uint32Array(3), 1)).toThrow(/two u32 words/);
  });
});

function moments(data: Float32Array): { mean: number; deviation: number } {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return { mean, deviation: Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length) };
}

describe('initialisers', () => {
  it('are deterministic and differ by key', () => {
    expect(uniform(key(1), [5], 0, 1)).toEqual(uniform(key(1), [5], 0, 1));
    expect(uniform(key(1), [5], 0, 1)).not.toEqual(uniform(key(2), [5], 0, 1));
  });

  it('have the moments of their distributions', () => {
    const flat = moments(uniform(key(3), [100, 100], -1, 3));
    expect(flat.mean).toBeCloseTo(1, 1);
    expect(flat.deviation).toBeCloseTo(4 / Math.sqrt(12), 1);
    const bell = moments(normal(key(4), [9999], 2, 0.5));
    expect(bell.mean).toBeCloseTo(2, 1);
    expect(bell.deviation).toBeCloseTo(0.5, 1);
  });

  it('keep to their bounds', () => {
    const largest = (data: Float32Array): number => Math.max(...data.map(Math.abs));
    const glorot = largest(glorotUniform(key(5), [30, 24]));
    expect(glorot).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / 54)));
    expect(glorot).toBeGreaterThan(0.95 * Math.sqrt(6 / 54));
    const linear = largest(fanInUniform(key(6), [25, 40]));
    expect(linear).toBeLessThanOrEqual(Math.fround(0.2));
    expect(linear).toBeGreaterThan(0.19);
    expect(largest(fanInUniform(key(6), [400], 100))).toBeGreaterThan(0.095);
  });

  it.each([
    [4, 4],
    [6, 3],
    [3, 6],
    [1, 5],
  ])('orthogonal %i × %i has orthonormal rows or columns', (rows, columns) => {
    const data = orthogonal(key(7), [rows, columns], 2);
    const at = (row: number, column: number): number => data[row * columns + column] as number;
    const short = Math.min(rows, columns);
    for (let i = 0; i < short; i++) {
      for (let j = 0; j < short; j++) {
        let sum = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) {
          sum += rows >= columns ? at(k, i) * at(k, j) : at(i, k) * at(j, k);
        }
        expect(sum).toBeCloseTo(i === j ? 4 : 0, 5);
      }
    }
  });

  it('orthogonal takes matrices only', () => {
    expect(() => orthogonal(key(1), [3])).toThrow(/matrices/);
  });
});
