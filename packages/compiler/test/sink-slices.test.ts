/** Arrays that are others scaled are read as those, by loops that do the scaling: against the interpreter, in double. */

import { sinkSlices } from '@rheo/compiler';
import type { Program } from '@rheo/ir';
import { parse } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { expectSameMeaning } from '../../passes/test/same-meaning.ts';

/** A loop over 7 steps of [3,4], on what `made` gives as %9. */
function loop(made: string, body = '%3: f32[3,4] = tanh(%2)', results = '%10, %11'): Program {
  return parse(`program(%0: f32[7,3,4], %1: f32[3,4], %2: f32[4], %3: f32[], %4: f32[7,3,4]) {
${made}
  %10: f32[3,4], %11: f32[7,3,4] = scan(%1, %1, %9) length=7 reverse=true consts=1 carries=1 body=program(%0: f32[3,4], %1: f32[3,4], %2: f32[3,4]) {
    ${body}
    %4: f32[3,4] = mul(%3, %0)
    %5: f32[3,4] = add(%1, %4)
    return %5, %3
  }
  return ${results}
}`);
}

const scaled = `  %5: f32[7,3,4] = broadcast(%3) shape=[7,3,4] axes=[]
  %6: f32[7,3,4] = broadcast(%2) shape=[7,3,4] axes=[2]
  %7: f32[7,3,4] = broadcast(%1) shape=[7,3,4] axes=[1,2]
  %8: f32[7,3,4] = tanh(%0)`;

const opsOf = ({ instructions }: Program): string[] => instructions.map(({ op }) => op);

describe('sinkSlices', () => {
  it.each([
    ['one number', 'mul(%8, %5)'],
    ['a vector', 'add(%6, %8)'],
    ['a matrix, first', 'sub(%7, %8)'],
    ['a matrix, second', 'sub(%8, %7)'],
    ['nothing', 'neg(%8)'],
  ])('does arithmetic with %s within the steps', (_, made) => {
    const program = loop(`${scaled}\n  %9: f32[7,3,4] = ${made}`);
    const sunk = sinkSlices(program);
    expect(opsOf(sunk)).not.toContain(made.slice(0, 3));
    expectSameMeaning(program, sunk);
  });

  it('sinks more than one, into one loop or one after another', () => {
    const program = parse(`program(%0: f32[7,3], %1: f32[3], %2: f32[7,3]) {
  %3: f32[7,3] = broadcast(%1) shape=[7,3] axes=[1]
  %4: f32[7,3] = mul(%0, %3)
  %5: f32[7,3] = sub(%3, %2)
  %6: f32[3], %7: f32[7,3] = scan(%1, %4, %5) length=7 reverse=false consts=0 carries=1 body=program(%0: f32[3], %1: f32[3], %2: f32[3]) {
    %3: f32[3] = mul(%1, %2)
    %4: f32[3] = add(%0, %3)
    return %4, %4
  }
  %8: f32[7,3] = add(%7, %3)
  %9: f32[7,3] = scan(%8) length=7 reverse=true consts=0 carries=0 body=program(%0: f32[3]) {
    %1: f32[3] = sin(%0)
    return %1
  }
  return %6, %9
}`);
    const sunk = sinkSlices(program);
    expect(opsOf(sunk)).toEqual(['broadcast', 'scan', 'scan']);
    expectSameMeaning(program, sunk);
  });

  it('sinks in loops inside of loops', () => {
    const program = parse(`program(%0: f32[2,7,3], %1: f32[3]) {
  %2: f32[2,3] = scan(%1, %0) length=2 reverse=false consts=1 carries=0 body=program(%0: f32[3], %1: f32[7,3]) {
    %2: f32[7,3] = broadcast(%0) shape=[7,3] axes=[1]
    %3: f32[7,3] = mul(%1, %2)
    %4: f32[3] = scan(%0, %3) length=7 reverse=false consts=0 carries=1 body=program(%0: f32[3], %1: f32[3]) {
      %2: f32[3] = add(%0, %1)
      return %2
    }
    return %4
  }
  return %2
}`);
    const sunk = sinkSlices(program);
    const [scan] = sunk.instructions;
    expect(scan?.op === 'scan' ? opsOf(scan.attributes.body) : []).toEqual(['broadcast', 'scan']);
    expectSameMeaning(program, sunk);
  });

  it.each([
    ['what others read too', loop(`${scaled}\n  %9: f32[7,3,4] = mul(%8, %5)`, undefined, '%10, %9')],
    ['two arrays in place of one', loop(`${scaled}\n  %9: f32[7,3,4] = mul(%8, %4)`)],
    ['what takes longer than reading', loop(`${scaled}\n  %9: f32[7,3,4] = tanh(%8)`)],
    [
      'what differs from step to step',
      loop(`  %5: f32[7] = reduce_sum(%0) axes=[1,2]
  %6: f32[7,3,4] = broadcast(%5) shape=[7,3,4] axes=[0]
  %7: f32[7,3,4] = neg(%4)
  %8: f32[7,3,4] = exp(%7)
  %9: f32[7,3,4] = mul(%8, %6)`),
    ],
    [
      'what a step moves or sums: it would be in memory all the same',
      loop(`${scaled}\n  %9: f32[7,3,4] = mul(%8, %5)`, '%3: f32[3,4] = reverse(%2) axis=0'),
    ],
  ])('leaves %s', (_, program) => {
    expect(sinkSlices(program)).toBe(program);
  });
});
