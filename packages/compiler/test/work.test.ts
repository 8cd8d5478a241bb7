/** Work of kernels against counts by hand, and where kernels stand. */
import { parse } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { kernelSites, lower } from '../src/index.ts';

/** Kernel and work of everything that a Program lowers to. */
function work(text: string, packing = true) {
  return kernelSites(lower(parse(text), new Set(), { packing }).steps).map(({ kernel, work: counted }) => ({
    kernel: kernel.split(' ')[0],
    ...counted,
  }));
}

describe('the work of one call', () => {
  it('of elementwise arithmetic: each op at each point, each element once', () => {
    // 4·8 points: one addition and one tanh each; reads 32 and 8 elements, writes 32.
    expect(
      work(`program(%0: f32[4,8], %1: f32[8]) {
  %2: f32[4,8] = broadcast(%1) shape=[4,8] axes=[1]
  %3: f32[4,8] = add(%0, %2)
  %4: f32[4,8] = tanh(%3)
  return %4
}`),
    ).toEqual([{ kernel: 'map', flops: 32, functions: 32, bytes: (32 + 8 + 32) * 4 }]);
  });

  it('reads an element that two operands share once, and counts no arithmetic on integers', () => {
    expect(
      work(`program(%0: i32[6]) {
  %1: i32[6] = mul(%0, %0)
  return %1
}`),
    ).toEqual([{ kernel: 'map', flops: 0, functions: 0, bytes: (6 + 6) * 4 }]);
  });

  it('of a product: two for each multiplication with its addition, and what follows it', () => {
    // 4×16×8 with a bias and a tanh: 2·512 + 64 flops. B is 8×16, packed into two panels of eight columns.
    const text = `program(%0: f32[4,8], %1: f32[8,16], %2: f32[16]) {
  %3: f32[4,16] = dot(%0, %1) contract=[[1],[0]] batch=[[],[]]
  %4: f32[4,16] = broadcast(%2) shape=[4,16] axes=[1]
  %5: f32[4,16] = add(%3, %4)
  %6: f32[4,16] = tanh(%5)
  return %6
}`;
    const product = { kernel: 'product', flops: 2 * 4 * 16 * 8 + 64, functions: 64, bytes: (32 + 128 + 16 + 64) * 4 };
    expect(work(text)).toEqual([{ kernel: 'pack', flops: 0, functions: 0, bytes: (128 + 128) * 4 }, product]);
    expect(work(text, false)).toEqual([product]);
  });

  it('of a product with padding and a batch: panels move whole, arithmetic is not padded', () => {
    // 3 times 2×5×4; B is packed into ⌈5/8⌉ panels of 4×8.
    expect(
      work(`program(%0: f32[3,2,4], %1: f32[3,4,5]) {
  %2: f32[3,2,5] = dot(%0, %1) contract=[[2],[1]] batch=[[0],[0]]
  return %2
}`),
    ).toEqual([
      { kernel: 'pack', flops: 0, functions: 0, bytes: 3 * (20 + 32) * 4 },
      { kernel: 'product', flops: 2 * 3 * 2 * 5 * 4, functions: 0, bytes: 3 * (8 + 32 + 10) * 4 },
    ]);
  });

  it('of sums, maxima and positions', () => {
    // A square and an addition for each of 4·8 elements; four results.
    expect(
      work(`program(%0: f32[4,8]) {
  %1: f32[4,8] = mul(%0, %0)
  %2: f32[4] = reduce_sum(%1) axes=[1]
  return %2
}`),
    ).toEqual([{ kernel: 'reduce_sum', flops: 64, functions: 0, bytes: (32 + 4) * 4 }]);
    expect(
      work(`program(%0: f32[4,8]) {
  %1: i32[4] = argmax(%0) axis=1
  return %1
}`),
    ).toEqual([{ kernel: 'argmax', flops: 0, functions: 0, bytes: (32 + 4) * 4 }]);
  });

  it('of what is found by index: every point counts', () => {
    // 3 picked rows of 2, by 3 indices: 6 elements picked, 3 indices read, 6 written.
    expect(
      work(`program(%0: f32[10,2], %1: i32[3]) {
  %2: f32[3,2] = gather(%0, %1) axis=0
  return %2
}`),
    ).toEqual([{ kernel: 'map', flops: 0, functions: 0, bytes: (6 + 3 + 6) * 4 }]);
    // 20 zeros, then 6 additions that read and write an element, 6 updates and 3 indices.
    expect(
      work(`program(%0: f32[3,2], %1: i32[3]) {
  %2: f32[10,2] = scatter_add(%0, %1) axis=0 size=10
  return %2
}`),
    ).toEqual([{ kernel: 'scatter_add', flops: 6, functions: 0, bytes: (6 + 3 + 20 + 12) * 4 }]);
  });
});

it('lists kernels in the order of the code, with the loops around them and what they compute', () => {
  const loop = `scan(%0, %1) length=5 reverse=false consts=0 carries=1 body=program(%0: f32[8], %1: f32[8]) {
    %2: f32[8] = add(%0, %1)
    return %2
  }`;
  const sites = kernelSites(
    lower(
      parse(`program(%0: f32[8], %1: f32[5,8]) {
  %2: f32[8] = ${loop}
  %3: f32[8] = ${loop.replace('%0, %1)', '%2, %1)')}
  return %3
}`),
    ).steps,
  );
  const inside = sites.filter(({ loops }) => loops.length > 0);
  expect(inside.map(({ loops }) => loops.map(({ iterations }) => iterations))).toEqual([[5], [5]]);
  expect(new Set(inside.map(({ loops }) => loops[0]?.id)).size).toBe(2);
  expect(inside.flatMap(({ loops }) => loops.map(({ name }) => name))).toEqual(['scan', 'scan']);
  expect(inside.map(({ kernel, detail }) => [kernel, detail])).toEqual([
    ['map add', '8: add'],
    ['map add', '8: add'],
  ]);
  expect(inside.map(({ work: { flops } }) => flops)).toEqual([8, 8]);
});

it('calls loops parallel whose iterations do not depend on each other', () => {
  const { steps } = lower(
    parse(`program(%0: f32[5,8]) {
  %1: f32[5,8] = scan(%0) length=5 reverse=false consts=0 carries=0 body=program(%0: f32[8]) {
    %1: f32[8] = neg(%0)
    return %1
  }
  return %1
}`),
  );
  expect(kernelSites(steps).map(({ loops }) => loops.map(({ name }) => name))).toEqual([['parallel']]);
});
