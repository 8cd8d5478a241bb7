/**
 * Programs that a tracer would tidy up: bodies without instructions, results and operands named twice, no results.
 */

import type { Program } from '@rheo/ir';
import { parse } from '@rheo/ir';
import { exampleCase } from '../check-example.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { anyData } from './domains.ts';

const identityBody = `
program(%0: f32[3], %1: f32[4,3]) {
  %2: f32[3], %3: f32[4,3] = scan(%0, %1) length=4 reverse=false consts=0 carries=1 body=program(%0: f32[3], %1: f32[3]) {
    return %0, %1
  }
  return %2, %3
}`;
const unusedConst = `
program(%0: f32[3], %1: f32[3], %2: f32[4,3], %3: f32[4]) {
  %4: f32[3], %5: f32[4,3] = scan(%0, %1, %2, %3) length=4 reverse=true consts=1 carries=1 body=program(%0: f32[3], %1: f32[3], %2: f32[3], %3: f32[]) {
    %4: f32[3] = add(%1, %2)
    return %4, %4
  }
  return %5, %4, %5
}`;
const constTwice = `
program(%0: f32[3], %1: f32[4,3]) {
  %2: f32[3], %3: f32[3], %4: f32[4,3] = scan(%0, %0, %0, %0, %1) length=4 reverse=false consts=2 carries=2 body=program(%0: f32[3], %1: f32[3], %2: f32[3], %3: f32[3], %4: f32[3]) {
    %5: f32[3] = mul(%0, %4)
    %6: f32[3] = sub(%2, %5)
    %7: f32[3] = mul(%1, %3)
    %8: f32[3] = tanh(%7)
    return %6, %8, %0
  }
  return %2, %3, %4, %0
}`;

/** `program/empty-body`, `program/result-twice` … */
export function programCases(): ConformanceCase[] {
  const list: readonly (readonly [string, string])[] = [
    ['empty-body', identityBody],
    ['unused-const-and-xs', unusedConst],
    ['operand-four-times', constTwice],
    ['parameter-as-result', 'program(%0: f32[3], %1: i32[2]) {\n  return %0, %0, %1\n}'],
    ['no-results', 'program(%0: f32[3]) {\n  %1: f32[3] = neg(%0)\n  return\n}'],
    ['no-parameters', 'program() {\n  %0: i32[4] = iota() dtype=i32 shape=[4] axis=0\n  return %0\n}'],
    ['result-twice', 'program(%0: f32[3]) {\n  %1: f32[3] = neg(%0)\n  return %1, %0, %1\n}'],
    [
      'view-as-result',
      'program(%0: f32[3,4]) {\n  %1: f32[4,3] = transpose(%0) permutation=[1,0]\n  %2: f32[12] = reshape(%0) shape=[12]\n  return %1, %2\n}',
    ],
  ];
  return list.map(([name, text]) =>
    exampleCase('control', `program/${name}`, (random) => {
      const program: Program = parse(text);
      return { program, inputs: program.params.map(({ type }) => anyData(random, type.dtype, type.shape as number[])) };
    }),
  );
}
