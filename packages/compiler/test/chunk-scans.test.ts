/** Loops in chunks mean what the loops mean, and are cut where it pays and nowhere else. */

import type { Program } from '@rheo/ir';
import { evaluate, nestedPrograms, parse, verify } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { ChunkOptions } from '../src/index.ts';
import { chunkScans } from '../src/index.ts';

const always: ChunkOptions = { manyBytes: 0, chunkBytes: 2 ** 30, fewestTerms: 1 };

function expectSame(before: Program, after: Program): void {
  verify(after);
  const inputs = before.params.map(({ type }, seed) => {
    const count = type.shape.reduce<number>((all, size) => all * (size as number), 1);
    return Float32Array.from({ length: count }, (_, index) => Math.sin((index + 1) * (seed + 1.37)));
  });
  const [wanted = [], found = []] = [before, after].map((program) => evaluate(program, inputs));
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((data, index) => {
    Array.from(data).forEach((value, at) => {
      expect(found[index]?.[at]).toBeCloseTo(value, 9);
    });
  });
}

const scans = (program: Program): number =>
  program.instructions.reduce(
    (count, found) => count + (found.op === 'scan' ? 1 : 0) + nestedPrograms(found).reduce((n, p) => n + scans(p), 0),
    0,
  );

/** A loop over 12 steps of 2 rows that gives stacks of [2,3] and of [2,2], and what is done with them. */
function loop(rest: string, results: string, reverse = false): Program {
  return parse(`program(%0: f32[2,3], %1: f32[12,2,3], %2: f32[12,2,4], %3: f32[3,2]) {
  %4: f32[2,3], %5: f32[12,2,3], %6: f32[12,2,2] = scan(%3, %0, %1) length=12 reverse=${reverse} consts=1 carries=1 body=program(%0: f32[3,2], %1: f32[2,3], %2: f32[2,3]) {
    %3: f32[2,3] = add(%1, %2)
    %4: f32[2,3] = tanh(%3)
    %5: f32[2,2] = dot(%4, %0) contract=[[1],[0]] batch=[[],[]]
    return %4, %4, %5
  }
${rest}
  return ${results}
}`);
}

const products = `  %7: f32[24,3] = reshape(%5) shape=[24,3]
  %8: f32[24,4] = reshape(%2) shape=[24,4]
  %9: f32[4,3] = dot(%8, %7) contract=[[0],[0]] batch=[[],[]]
  %10: f32[3] = reduce_sum(%7) axes=[0]
  %11: f32[3] = reduce_sum(%5) axes=[0,1]
  %12: f32[3,2] = dot(%5, %6) contract=[[0,1],[0,1]] batch=[[],[]]`;

describe('chunkScans', () => {
  it.each([false, true])('takes sums while the steps are at hand, reverse %s', (reverse) => {
    const program = loop(products, '%4, %9, %10, %11, %12', reverse);
    const chunked = chunkScans(program, always);
    expect(scans(chunked)).toBe(2);
    expect(chunked.instructions.map(({ op }) => op)).not.toContain('dot');
    expectSame(program, chunked);
  });

  it('keeps a stack that is wanted, or read otherwise, and still takes the sums of the other', () => {
    const others = `${products}
  %13: f32[12,2,2] = exp(%6)
  %14: f32[2] = reduce_sum(%5) axes=[0,2]`;
    const program = loop(others, '%4, %9, %10, %11, %12, %13, %14');
    const chunked = chunkScans(program, always);
    expect(scans(chunked)).toBe(2);
    expectSame(program, chunked);
    const wanted = loop(products, '%6, %9, %5');
    expect(chunkScans(wanted, always)).toBe(wanted);
  });

  it('cuts loops inside of loops', () => {
    const program = parse(`program(%0: f32[5,12,2,3], %1: f32[12,2,4]) {
  %2: f32[5,4,3] = scan(%1, %0) length=5 reverse=false consts=1 carries=0 body=program(%0: f32[12,2,4], %1: f32[12,2,3]) {
    %2: f32[12,2,3] = scan(%1) length=12 reverse=false consts=0 carries=0 body=program(%0: f32[2,3]) {
      %1: f32[2,3] = tanh(%0)
      return %1
    }
    %3: f32[4,3] = dot(%0, %2) contract=[[0,1],[0,1]] batch=[[],[]]
    return %3
  }
  return %2
}`);
    const chunked = chunkScans(program, always);
    expect(scans(chunked)).toBe(3);
    expectSame(program, chunked);
  });

  it.each([
    ['stacks that are not many bytes', { ...always, manyBytes: 2 ** 20 }],
    ['chunks that would not fit', { ...always, chunkBytes: 16 }],
    ['products of few terms', { ...always, fewestTerms: 100 }],
  ])('leaves %s', (_, options) => {
    const program = loop(products, '%4, %9, %10, %11, %12');
    expect(chunkScans(program, options)).toBe(program);
  });
});
