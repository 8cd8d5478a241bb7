import { parse } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { analyseTiles } from '../src/index.ts';

const analyse = (text: string): ReturnType<typeof analyseTiles> => analyseTiles(parse(text));

describe('tile analysis', () => {
  it('finds the batch axis of a recurrent training step, and its sums as accumulators', () => {
    // h ← h·W + x over 5 steps for 32 rows; then Σ h², and dW summed over rows and steps.
    const { parallel, coupled } = analyse(`program(%0: f32[8,8], %1: f32[32,8], %2: f32[5,32,8]) {
  %3: f32[32,8], %4: f32[5,32,8] = scan(%0, %1, %2) length=5 reverse=false consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[32,8], %2: f32[32,8]) {
    %3: f32[32,8] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
    %4: f32[32,8] = add(%3, %2)
    return %4, %4
  }
  %5: f32[5,32,8] = mul(%4, %4)
  %6: f32[] = reduce_sum(%5) axes=[0,1,2]
  %7: f32[8,8] = dot(%4, %2) contract=[[0,1],[0,1]] batch=[[],[]]
  %8: f32[8,8] = sub(%0, %7)
  return %6, %8
}`);
    expect(parallel.map(({ size, region, accumulators }) => ({ size, region, accumulators }))).toEqual([
      { size: 32, region: [3, 5, 6, 7], accumulators: [6, 7] },
    ]);
    expect(parallel[0]?.axisOf.slice(0, 6)).toEqual([-1, 0, 1, 0, 1, 1]);
    expect(coupled.map(({ size }) => size)).toContain(5);
  });

  it('refuses a sum within a step that is more than added up', () => {
    const { parallel } = analyse(`program(%0: f32[8,4], %1: f32[3,16,4]) {
  %2: f32[8,4] = scan(%0, %1) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[8,4], %1: f32[16,4]) {
    %2: f32[4] = reduce_sum(%1) axes=[0]
    %3: f32[8,4] = broadcast(%2) shape=[8,4] axes=[1]
    %4: f32[8,4] = add(%0, %3)
    return %4
  }
  return %2
}`);
    // The sum is spread over another axis before it is added: that is more than an add.
    expect(parallel.map(({ size }) => size)).not.toContain(16);
  });

  it('tiles a loop whose body only adds sums into a carry that starts from zero', () => {
    const text = (start: string): string => `program(%0: f32[4], %1: f32[3,16,4]) {
  %2: f32[] = constant() dtype=f32 shape=[] value=[0]
  %3: f32[4] = broadcast(%2) shape=[4] axes=[]
  %4: f32[4] = scan(${start}, %1) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[4], %1: f32[16,4]) {
    %2: f32[4] = reduce_sum(%1) axes=[0]
    %3: f32[4] = add(%0, %2)
    return %3
  }
  return %4
}`;
    expect(analyse(text('%3')).parallel.find(({ size }) => size === 16)?.accumulators).toEqual([4]);
    // Every tile would add what it starts from.
    const { parallel, coupled } = analyse(text('%0'));
    expect(parallel.map(({ size }) => size)).not.toContain(16);
    expect(coupled.find(({ size }) => size === 16)?.why).toMatch(/starts from something/);
  });

  it('lets sums be stacked, summed again and scaled, but not squared', () => {
    const text = (last: string): string => `program(%0: f32[3,16,4], %1: f32[4]) {
  %2: f32[3,4] = scan(%0) length=3 reverse=false consts=0 carries=0 body=program(%0: f32[16,4]) {
    %1: f32[4] = reduce_sum(%0) axes=[0]
    %2: f32[4] = ${last}
    return %2
  }
  return %2
}`;
    expect(analyse(text('neg(%1)')).parallel.find(({ size }) => size === 16)?.accumulators).toEqual([2]);
    expect(analyse(text('mul(%1, %1)')).coupled.find(({ size }) => size === 16)?.why).toMatch(/used within a step/);
  });

  it('sees a batch mean that flows back into the rows, unless it needs no loop and can be made ahead', () => {
    const text = (mean: string): string => `program(%0: f32[32,8]) {
  %1: f32[32,8] = scan(%0) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[32,8]) {
    %1: f32[32,8] = sin(%0)
    return %1
  }
  %2: f32[8] = reduce_sum(${mean}) axes=[0]
  %3: f32[32,8] = broadcast(%2) shape=[32,8] axes=[1]
  %4: f32[32,8] = sub(%1, %3)
  return %4
}`;
    const { parallel, coupled } = analyse(text('%1'));
    expect(parallel.map(({ size }) => size)).toEqual([8]);
    expect(coupled.find(({ size }) => size === 32)?.why).toMatch(/a sum over it is used/);
    const ahead = analyse(text('%0')).parallel.find(({ size }) => size === 32);
    expect(ahead?.region).toEqual([1, 3, 4]);
    expect(ahead?.accumulators).toEqual([]);
  });

  it('names what couples an axis', () => {
    const { coupled } = analyse(`program(%0: f32[32,6]) {
  %1: f32[32,3] = slice(%0) axis=1 start=0 limit=3
  %2: f32[96] = reshape(%1) shape=[96]
  %3: f32[] = reduce_max(%2) axes=[0]
  return %3
}`);
    expect(coupled.map(({ why }) => why.replace(/ \(.*/, '')).sort()).toEqual([
      'is merged or split',
      'is merged or split',
      'is sliced',
      'is sliced',
    ]);
  });
});
