/** A tile that is turned round computes what it did: against the interpreter, op by op and in a loop over synapses. */

import { parse, print } from '@rheo/ir';
import { expect, it } from 'vitest';
import { expectSameMeaning } from '../../passes/test/same-meaning.ts';
import { tileProgram } from '../src/index.ts';
import { rowsLast } from '../src/tile/rows-last.ts';

/** Neurons [5,4], synapses 6; sources and targets are constants; every movement op that rows may go through. */
const synapses = `program(%0: f32[6], %1: f32[5,4], %2: f32[3,5,4]) {
  %3: i32[6] = constant() dtype=i32 shape=[6] value=[0,3,1,1,2,0]
  %4: i32[6] = constant() dtype=i32 shape=[6] value=[0,0,1,2,3,3]
  %5: f32[5,4], %6: f32[3,5,4], %7: f32[3,6] = scan(%0, %3, %4, %1, %2) length=3 reverse=true consts=3 carries=1 body=program(%0: f32[6], %1: i32[6], %2: i32[6], %3: f32[5,4], %4: f32[5,4]) {
    %5: f32[5,6] = gather(%3, %1) axis=1
    %6: f32[5,6] = broadcast(%0) shape=[5,6] axes=[1]
    %7: f32[5,6] = mul(%5, %6)
    %8: f32[5,6] = tanh(%7)
    %9: f32[5,4] = scatter_add(%8, %2) axis=1 size=4
    %10: f32[5,2] = slice(%9) axis=1 start=1 limit=3
    %11: f32[5,4] = pad(%10) axis=1 low=1 high=1
    %12: f32[5,4] = reverse(%11) axis=1
    %13: f32[5,8] = concat(%12, %9) axis=1
    %14: f32[5,2,4] = reshape(%13) shape=[5,2,4]
    %15: f32[2,4,5] = transpose(%14) permutation=[1,2,0]
    %16: f32[4,5] = reduce_max(%15) axes=[0]
    %17: f32[5,4] = transpose(%16) permutation=[1,0]
    %18: i32[5,4] = iota() dtype=i32 shape=[5,4] axis=0
    %19: i32[5,4] = iota() dtype=i32 shape=[5,4] axis=1
    %20: i32[5,4] = add(%18, %19)
    %21: f32[5,4] = convert(%20) to=f32
    %22: i32[5] = argmax(%4) axis=1
    %23: f32[5] = convert(%22) to=f32
    %24: f32[5,4] = broadcast(%23) shape=[5,4] axes=[0]
    %25: f32[5,4] = add(%17, %4)
    %26: f32[5,4] = mul(%25, %21)
    %27: f32[5,4] = add(%26, %24)
    %28: f32[5,4] = sin(%27)
    %29: f32[6] = reduce_sum(%8) axes=[0]
    return %28, %27, %29
  }
  return %5, %6, %7
}`;

it('keeps the meaning of everything that rows run through', () => {
  const program = parse(synapses);
  const turned = rowsLast(program, [-1, 0, 1]);
  expect(turned).toBeDefined();
  if (turned === undefined) return;
  expectSameMeaning(program, turned);
  // Inside, rows are last: [4,5] neurons and [6,5] synapses.
  const body = print(turned);
  expect(body).toContain('f32[6,5] = gather');
  expect(body).toContain('f32[4,5] = scatter_add');
  expect(body).not.toMatch(/f32\[5,6\]/);
});

it('leaves tiles with products alone, and those that read at indices of their rows', () => {
  const product = synapses
    .replace('tanh(%7)', 'mul(%7, %7)')
    .replace('%28: f32[5,4] = sin(%27)', '%28: f32[5,4] = dot(%27, %27) contract=[[1],[1]] batch=[[0],[0]]')
    .replace('%28: f32[5,4] = dot', '%28: f32[5] = dot');
  const cut = product.replace('return %28, %27, %29', 'return %27, %27, %29');
  expect(rowsLast(parse(cut), [-1, 0, 1])).toBeUndefined();
  const own = parse(`program(%0: f32[9,2], %1: i32[3,5]) {
  %2: f32[3,5,2] = scan(%0, %1) length=3 reverse=false consts=1 carries=0 body=program(%0: f32[9,2], %1: i32[5]) {
    %2: f32[5,2] = gather(%0, %1) axis=0
    return %2
  }
  return %2
}`);
  expect(rowsLast(own, [-1, 1])).toBeUndefined();
  // It is tiled all the same.
  expectSameMeaning(own, tileProgram(own, { rows: () => 2 }));
});

it('turns the tiles of a loop over synapses', () => {
  const program = parse(synapses);
  for (const rows of [2, 4]) {
    const tiled = tileProgram(program, { rows: () => rows });
    expect(print(tiled)).toContain(`f32[6,${rows}] = gather`);
    expectSameMeaning(program, tiled);
  }
});
