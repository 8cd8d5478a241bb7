/**
 * A CfC over time with its gradient, written as naive reverse mode would: sums of pads, accumulators in the loop, a
 * repeated elapsed time stacked. The standard passes must reach what one would write by hand: two products in each
 * loop, all products of weights after it, and nothing stacked but the state, t, f1, f2, g, and q and r in reverse.
 */

import type { InstructionOf, Program } from '@rheo/ir';
import { parse, print } from '@rheo/ir';
import { optimise, optionalPasses, passes } from '@rheo/passes';
import { expect, test } from 'vitest';
import { expectSameMeaning } from './same-meaning.ts';

const naive: Program =
  parse(`program(%0: f32[5,4], %1: f32[4], %2: f32[4,12], %3: f32[12], %4: f32[2,3], %5: f32[3,2,2], %6: f32[3,2,1], %7: f32[3,2,3]) {
  %8: f32[] = constant() dtype=f32 shape=[] value=[1]
  %9: f32[2,3], %10: f32[3,2,3], %11: f32[3,2,4], %12: f32[3,2,3], %13: f32[3,2,3], %14: f32[3,2,3], %15: f32[3,2,3] = scan(%0, %1, %2, %3, %4, %5, %6) length=3 reverse=false consts=4 carries=1 body=program(%0: f32[5,4], %1: f32[4], %2: f32[4,12], %3: f32[12], %4: f32[2,3], %5: f32[2,2], %6: f32[2,1]) {
    %7: f32[2,5] = concat(%5, %4) axis=1
    %8: f32[2,4] = dot(%7, %0) contract=[[1],[0]] batch=[[],[]]
    %9: f32[2,4] = broadcast(%1) shape=[2,4] axes=[1]
    %10: f32[2,4] = add(%8, %9)
    %11: f32[] = constant() dtype=f32 shape=[] value=[0.666]
    %12: f32[2,4] = broadcast(%11) shape=[2,4] axes=[]
    %13: f32[2,4] = mul(%10, %12)
    %14: f32[2,4] = tanh(%13)
    %15: f32[] = constant() dtype=f32 shape=[] value=[1.7159]
    %16: f32[2,4] = broadcast(%15) shape=[2,4] axes=[]
    %17: f32[2,4] = mul(%14, %16)
    %18: f32[2,12] = dot(%17, %2) contract=[[1],[0]] batch=[[],[]]
    %19: f32[2,12] = broadcast(%3) shape=[2,12] axes=[1]
    %20: f32[2,12] = add(%18, %19)
    %21: f32[2,3] = slice(%20) axis=1 start=0 limit=3
    %22: f32[2,3] = tanh(%21)
    %23: f32[2,3] = slice(%20) axis=1 start=3 limit=6
    %24: f32[2,3] = tanh(%23)
    %25: f32[2,3] = slice(%20) axis=1 start=6 limit=9
    %26: f32[2] = reshape(%6) shape=[2]
    %27: f32[2,3] = broadcast(%26) shape=[2,3] axes=[0]
    %28: f32[2,3] = mul(%25, %27)
    %29: f32[2,3] = slice(%20) axis=1 start=9 limit=12
    %30: f32[2,3] = add(%28, %29)
    %31: f32[2,3] = logistic(%30)
    %32: f32[] = constant() dtype=f32 shape=[] value=[1]
    %33: f32[2,3] = broadcast(%32) shape=[2,3] axes=[]
    %34: f32[2,3] = sub(%33, %31)
    %35: f32[2,3] = mul(%22, %34)
    %36: f32[2,3] = mul(%31, %24)
    %37: f32[2,3] = add(%35, %36)
    return %37, %37, %14, %22, %24, %31, %27
  }
  %16: f32[3,2,3] = sub(%10, %7)
  %17: f32[3,2,3] = mul(%16, %16)
  %18: f32[] = reduce_sum(%17) axes=[0,1,2]
  %19: f32[] = constant() dtype=f32 shape=[] value=[18]
  %20: f32[] = div(%18, %19)
  %21: f32[] = div(%8, %19)
  %22: f32[3,2,3] = broadcast(%21) shape=[3,2,3] axes=[]
  %23: f32[3,2,3] = mul(%22, %16)
  %24: f32[3,2,3] = add(%23, %23)
  %25: f32[] = constant() dtype=f32 shape=[] value=[0]
  %26: f32[2,3] = broadcast(%25) shape=[2,3] axes=[]
  %27: f32[5,4] = broadcast(%25) shape=[5,4] axes=[]
  %28: f32[4] = broadcast(%25) shape=[4] axes=[]
  %29: f32[4,12] = broadcast(%25) shape=[4,12] axes=[]
  %30: f32[12] = broadcast(%25) shape=[12] axes=[]
  %31: f32[1,2,3] = reshape(%4) shape=[1,2,3]
  %32: f32[2,2,3] = slice(%10) axis=0 start=0 limit=2
  %33: f32[3,2,3] = concat(%31, %32) axis=0
  %34: f32[2,3], %35: f32[5,4], %36: f32[4], %37: f32[4,12], %38: f32[12] = scan(%2, %0, %26, %27, %28, %29, %30, %24, %13, %14, %12, %15, %11, %5, %33) length=3 reverse=true consts=2 carries=5 body=program(%0: f32[4,12], %1: f32[5,4], %2: f32[2,3], %3: f32[5,4], %4: f32[4], %5: f32[4,12], %6: f32[12], %7: f32[2,3], %8: f32[2,3], %9: f32[2,3], %10: f32[2,3], %11: f32[2,3], %12: f32[2,4], %13: f32[2,2], %14: f32[2,3]) {
    %15: f32[2,3] = add(%2, %7)
    %16: f32[2,3] = mul(%15, %8)
    %17: f32[2,3] = mul(%15, %9)
    %18: f32[] = constant() dtype=f32 shape=[] value=[1]
    %19: f32[2,3] = broadcast(%18) shape=[2,3] axes=[]
    %20: f32[2,3] = sub(%19, %9)
    %21: f32[2,3] = mul(%15, %20)
    %22: f32[2,3] = mul(%15, %10)
    %23: f32[2,3] = neg(%22)
    %24: f32[2,3] = add(%16, %23)
    %25: f32[2,3] = mul(%9, %20)
    %26: f32[2,3] = mul(%24, %25)
    %27: f32[2,3] = neg(%11)
    %28: f32[2,3] = neg(%27)
    %29: f32[2,3] = mul(%26, %28)
    %30: f32[2,3] = mul(%8, %8)
    %31: f32[2,3] = sub(%19, %30)
    %32: f32[2,3] = mul(%17, %31)
    %33: f32[2,3] = mul(%10, %10)
    %34: f32[2,3] = sub(%19, %33)
    %35: f32[2,3] = mul(%21, %34)
    %36: f32[2,12] = pad(%35) axis=1 low=0 high=9
    %37: f32[2,12] = pad(%32) axis=1 low=3 high=6
    %38: f32[2,12] = pad(%29) axis=1 low=6 high=3
    %39: f32[2,12] = pad(%26) axis=1 low=9 high=0
    %40: f32[2,12] = add(%36, %37)
    %41: f32[2,12] = add(%40, %38)
    %42: f32[2,12] = add(%41, %39)
    %43: f32[12] = reduce_sum(%42) axes=[0]
    %44: f32[2,4] = dot(%42, %0) contract=[[1],[1]] batch=[[],[]]
    %45: f32[] = constant() dtype=f32 shape=[] value=[1.7159]
    %46: f32[2,4] = broadcast(%45) shape=[2,4] axes=[]
    %47: f32[2,4] = mul(%12, %46)
    %48: f32[4,12] = dot(%47, %42) contract=[[0],[0]] batch=[[],[]]
    %49: f32[2,4] = mul(%44, %46)
    %50: f32[2,4] = broadcast(%18) shape=[2,4] axes=[]
    %51: f32[2,4] = mul(%12, %12)
    %52: f32[2,4] = sub(%50, %51)
    %53: f32[2,4] = mul(%49, %52)
    %54: f32[] = constant() dtype=f32 shape=[] value=[0.666]
    %55: f32[2,4] = broadcast(%54) shape=[2,4] axes=[]
    %56: f32[2,4] = mul(%53, %55)
    %57: f32[4] = reduce_sum(%56) axes=[0]
    %58: f32[2,5] = dot(%56, %1) contract=[[1],[1]] batch=[[],[]]
    %59: f32[2,5] = concat(%13, %14) axis=1
    %60: f32[5,4] = dot(%59, %56) contract=[[0],[0]] batch=[[],[]]
    %61: f32[2,3] = slice(%58) axis=1 start=2 limit=5
    %62: f32[5,4] = add(%3, %60)
    %63: f32[4] = add(%4, %57)
    %64: f32[4,12] = add(%5, %48)
    %65: f32[12] = add(%6, %43)
    return %61, %62, %63, %64, %65
  }
  return %20, %35, %36, %37, %38
}`);

function scans(program: Program): InstructionOf<'scan'>[] {
  return program.instructions.filter((found): found is InstructionOf<'scan'> => found.op === 'scan');
}

test('the standard passes reach the form made by hand', () => {
  const optimised = optimise(naive);
  expectSameMeaning(naive, optimised);
  const [forward, reverse] = scans(optimised);
  const dots = (scan: InstructionOf<'scan'> | undefined): number =>
    (scan?.attributes.body.instructions ?? []).filter(({ op }) => op === 'dot').length;
  expect([dots(forward), dots(reverse)]).toEqual([2, 2]);
  expect(forward?.types.map(({ shape }) => shape.join())).toEqual(['2,3', '3,2,3', '3,2,4', '3,2,3', '3,2,3', '3,2,3']);
  // The cotangent of the state, r and q.
  expect(reverse?.types.map(({ shape }) => shape.join())).toEqual(['2,3', '3,2,4', '3,2,12']);
  expect(print(optimised)).toMatchInlineSnapshot(`
    "program(%0: f32[5,4], %1: f32[4], %2: f32[4,12], %3: f32[12], %4: f32[2,3], %5: f32[3,2,2], %6: f32[3,2,1], %7: f32[3,2,3]) {
      %8: f32[2,3], %9: f32[3,2,3], %10: f32[3,2,4], %11: f32[3,2,3], %12: f32[3,2,3], %13: f32[3,2,3] = scan(%0, %1, %2, %3, %4, %5, %6) length=3 reverse=false consts=4 carries=1 body=program(%0: f32[5,4], %1: f32[4], %2: f32[4,12], %3: f32[12], %4: f32[2,3], %5: f32[2,2], %6: f32[2,1]) {
        %7: f32[2,5] = concat(%5, %4) axis=1
        %8: f32[2,4] = dot(%7, %0) contract=[[1],[0]] batch=[[],[]]
        %9: f32[2,4] = broadcast(%1) shape=[2,4] axes=[1]
        %10: f32[2,4] = add(%8, %9)
        %11: f32[] = constant() dtype=f32 shape=[] value=[0.666]
        %12: f32[2,4] = broadcast(%11) shape=[2,4] axes=[]
        %13: f32[2,4] = mul(%10, %12)
        %14: f32[2,4] = tanh(%13)
        %15: f32[] = constant() dtype=f32 shape=[] value=[1.7159]
        %16: f32[2,4] = broadcast(%15) shape=[2,4] axes=[]
        %17: f32[2,4] = mul(%14, %16)
        %18: f32[2,12] = dot(%17, %2) contract=[[1],[0]] batch=[[],[]]
        %19: f32[2,12] = broadcast(%3) shape=[2,12] axes=[1]
        %20: f32[2,12] = add(%18, %19)
        %21: f32[2,3] = slice(%20) axis=1 start=0 limit=3
        %22: f32[2,3] = tanh(%21)
        %23: f32[2,3] = slice(%20) axis=1 start=3 limit=6
        %24: f32[2,3] = tanh(%23)
        %25: f32[2,3] = slice(%20) axis=1 start=6 limit=9
        %26: f32[2] = reshape(%6) shape=[2]
        %27: f32[2,3] = broadcast(%26) shape=[2,3] axes=[0]
        %28: f32[2,3] = mul(%25, %27)
        %29: f32[2,3] = slice(%20) axis=1 start=9 limit=12
        %30: f32[2,3] = add(%28, %29)
        %31: f32[2,3] = logistic(%30)
        %32: f32[] = constant() dtype=f32 shape=[] value=[1]
        %33: f32[2,3] = broadcast(%32) shape=[2,3] axes=[]
        %34: f32[2,3] = sub(%33, %31)
        %35: f32[2,3] = mul(%22, %34)
        %36: f32[2,3] = mul(%31, %24)
        %37: f32[2,3] = add(%35, %36)
        return %37, %37, %14, %22, %24, %31
      }
      %14: f32[3,2] = reshape(%6) shape=[3,2]
      %15: f32[3,2,3] = sub(%9, %7)
      %16: f32[3,2,3] = mul(%15, %15)
      %17: f32[] = reduce_sum(%16) axes=[0,1,2]
      %18: f32[] = constant() dtype=f32 shape=[] value=[18]
      %19: f32[] = div(%17, %18)
      %20: f32[] = constant() dtype=f32 shape=[] value=[0.1111111111111111]
      %21: f32[3,2,3] = broadcast(%20) shape=[3,2,3] axes=[]
      %22: f32[3,2,3] = mul(%15, %21)
      %23: f32[] = constant() dtype=f32 shape=[] value=[0]
      %24: f32[2,3] = broadcast(%23) shape=[2,3] axes=[]
      %25: f32[1,2,3] = reshape(%4) shape=[1,2,3]
      %26: f32[2,2,3] = slice(%9) axis=0 start=0 limit=2
      %27: f32[3,2,3] = concat(%25, %26) axis=0
      %28: f32[2,3], %29: f32[3,2,4], %30: f32[3,2,12] = scan(%2, %0, %24, %22, %12, %13, %11, %14, %10) length=3 reverse=true consts=2 carries=1 body=program(%0: f32[4,12], %1: f32[5,4], %2: f32[2,3], %3: f32[2,3], %4: f32[2,3], %5: f32[2,3], %6: f32[2,3], %7: f32[2], %8: f32[2,4]) {
        %9: f32[2,3] = broadcast(%7) shape=[2,3] axes=[0]
        %10: f32[2,3] = add(%2, %3)
        %11: f32[2,3] = mul(%10, %4)
        %12: f32[2,3] = mul(%10, %5)
        %13: f32[] = constant() dtype=f32 shape=[] value=[1]
        %14: f32[2,3] = broadcast(%13) shape=[2,3] axes=[]
        %15: f32[2,3] = sub(%14, %5)
        %16: f32[2,3] = mul(%10, %15)
        %17: f32[2,3] = mul(%10, %6)
        %18: f32[2,3] = sub(%11, %17)
        %19: f32[2,3] = mul(%5, %15)
        %20: f32[2,3] = mul(%18, %19)
        %21: f32[2,3] = mul(%20, %9)
        %22: f32[2,3] = mul(%4, %4)
        %23: f32[2,3] = sub(%14, %22)
        %24: f32[2,3] = mul(%12, %23)
        %25: f32[2,3] = mul(%6, %6)
        %26: f32[2,3] = sub(%14, %25)
        %27: f32[2,3] = mul(%16, %26)
        %28: f32[2,12] = concat(%27, %24, %21, %20) axis=1
        %29: f32[2,4] = dot(%28, %0) contract=[[1],[1]] batch=[[],[]]
        %30: f32[2,4] = broadcast(%13) shape=[2,4] axes=[]
        %31: f32[2,4] = mul(%8, %8)
        %32: f32[2,4] = sub(%30, %31)
        %33: f32[] = constant() dtype=f32 shape=[] value=[1.1427894]
        %34: f32[2,4] = broadcast(%33) shape=[2,4] axes=[]
        %35: f32[2,4] = mul(%29, %34)
        %36: f32[2,4] = mul(%35, %32)
        %37: f32[3,4] = slice(%1) axis=0 start=2 limit=5
        %38: f32[2,3] = dot(%36, %37) contract=[[1],[1]] batch=[[],[]]
        return %38, %36, %28
      }
      %31: f32[2,4] = dot(%5, %29) contract=[[0,1],[0,1]] batch=[[],[]]
      %32: f32[3,4] = dot(%27, %29) contract=[[0,1],[0,1]] batch=[[],[]]
      %33: f32[5,4] = concat(%31, %32) axis=0
      %34: f32[4,12] = dot(%10, %30) contract=[[0,1],[0,1]] batch=[[],[]]
      %35: f32[] = constant() dtype=f32 shape=[] value=[1.7159]
      %36: f32[4,12] = broadcast(%35) shape=[4,12] axes=[]
      %37: f32[4,12] = mul(%34, %36)
      %38: f32[4] = reduce_sum(%29) axes=[0,1]
      %39: f32[12] = reduce_sum(%30) axes=[0,1]
      return %19, %33, %38, %37, %39
    }"
  `);
});

test('every pass alone, and all together, keep the meaning', () => {
  for (const pass of Object.values(passes)) expectSameMeaning(naive, pass.run(naive));
  expectSameMeaning(
    naive,
    optimise(naive, Object.fromEntries(Object.keys(passes).map((name) => [name, true])), optionalPasses),
  );
});

test('with streamed products outside, the loop keeps the product of the state', () => {
  const optimised = optimise(naive, { splitConcatDot: true, hoistStreamed: true }, optionalPasses);
  const [forward] = scans(optimised);
  const dots = forward?.attributes.body.instructions.filter(({ op }) => op === 'dot') ?? [];
  expect(dots.map(({ types }) => types[0]?.shape)).toEqual([
    [2, 4],
    [2, 12],
  ]);
  const index = optimised.instructions.indexOf(forward as InstructionOf<'scan'>);
  expect(optimised.instructions.slice(0, index).filter(({ op }) => op === 'dot')).toHaveLength(1);
});

test('a pass that is switched off does not run', () => {
  const optimised = optimise(naive, { sink: false });
  expect(scans(optimised)[1]?.attributes.carries).toBe(5);
});
