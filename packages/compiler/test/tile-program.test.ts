/** A loop over tiles changes the order of sums and nothing else: against the interpreter, in double. */

import { formatSteps, lower, tileProgram } from '@rheo/compiler';
import { parse, print } from '@rheo/ir';
import { optimise, specialise } from '@rheo/passes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dims, programs } from '../../passes/test/random-program.ts';
import { expectSameMeaning } from '../../passes/test/same-meaning.ts';

const training = `program(%0: f32[8,8], %1: f32[8], %2: f32[5,13,8]) {
  %3: f32[] = constant() dtype=f32 shape=[] value=[0]
  %4: f32[13,8] = broadcast(%3) shape=[13,8] axes=[]
  %5: f32[13,8], %6: f32[5,13,8] = scan(%0, %4, %2) length=5 reverse=false consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[13,8], %2: f32[13,8]) {
    %3: f32[13,8] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
    %4: i32[13,8] = iota() dtype=i32 shape=[13,8] axis=0
    %5: f32[13,8] = convert(%4) to=f32
    %6: f32[13,8] = add(%3, %2)
    %7: f32[13,8] = add(%6, %5)
    %8: f32[13,8] = sin(%7)
    return %8, %8
  }
  %7: f32[13,8] = broadcast(%1) shape=[13,8] axes=[1]
  %8: f32[13,8] = add(%5, %7)
  %9: f32[13] = reduce_sum(%8) axes=[1]
  %10: f32[5,13,8] = mul(%6, %6)
  %11: f32[] = reduce_sum(%10) axes=[0,1,2]
  %12: f32[8,8] = dot(%6, %2) contract=[[0,1],[0,1]] batch=[[],[]]
  %13: f32[8,8] = sub(%0, %12)
  return %11, %13, %9, %6
}`;

describe('tiled Programs', () => {
  it('keep the meaning of a training step, whatever number of rows divides them', () => {
    const program = parse(training);
    for (const rows of [1, 2, 4, 5, 12]) {
      const tiled = tileProgram(program, { rows: () => rows });
      expect(print(tiled)).toMatch(new RegExp(`length=${Math.floor(13 / rows)} reverse=false consts=. carries=0`));
      expectSameMeaning(program, tiled);
    }
    for (const rows of [13, 20, 0, Number.NaN]) expect(tileProgram(program, { rows: () => rows })).toBe(program);
  });

  it('add up in the order of the tiles, and write rows where they belong', () => {
    const text = training
      .replaceAll('13', '16')
      .replaceAll('%16:', '%13:')
      .replaceAll('%16 ', '%13 ')
      .replaceAll('%16,', '%13,');
    const steps = formatSteps(lower(tileProgram(parse(text), { rows: () => 4 })));
    expect(steps).toMatch(/^parallel loop t0 0 … 3$/m);
    // The stacked outputs are written in place, at row 4·tile of step t: no copy of [5,16,8] follows.
    expect(steps).toMatch(/r3@0\+32·t0\+128·t1\(8,1\) = /);
    expect(steps).not.toMatch(/map \[5,.*\n.*r3/);
  });

  it('have sums of rows that need no loop ahead of them, such as the weights of a weighted mean', () => {
    const text = `program(%0: f32[8,8], %1: f32[5,13,8], %2: f32[13]) {
  %3: f32[] = constant() dtype=f32 shape=[] value=[0]
  %4: f32[13,8] = broadcast(%3) shape=[13,8] axes=[]
  %5: f32[13] = mul(%2, %2)
  %6: f32[] = reduce_sum(%5) axes=[0]
  %7: f32[13,8], %8: f32[5,13,8] = scan(%0, %4, %1) length=5 reverse=false consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[13,8], %2: f32[13,8]) {
    %3: f32[13,8] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
    %4: f32[13,8] = add(%3, %2)
    %5: f32[13,8] = sin(%4)
    return %5, %5
  }
  %9: f32[13] = reduce_sum(%7) axes=[1]
  %10: f32[13] = mul(%9, %5)
  %11: f32[] = reduce_sum(%10) axes=[0]
  %12: f32[] = div(%11, %6)
  %13: f32[13] = broadcast(%6) shape=[13] axes=[]
  %14: f32[13] = div(%5, %13)
  %15: f32[13,8] = broadcast(%14) shape=[13,8] axes=[0]
  %16: f32[13,8] = mul(%7, %15)
  %17: f32[8,8] = dot(%16, %7) contract=[[0],[0]] batch=[[],[]]
  return %12, %17
}`;
    const program = parse(text);
    const tiled = tileProgram(program, { rows: () => 4 });
    expect(print(tiled)).toMatch(/length=3 reverse=false consts=. carries=0/);
    expectSameMeaning(program, tiled);
    // A sum of what a loop makes is not known before the tiles are done.
    const loss = parse(text.replace('broadcast(%6)', 'broadcast(%11)'));
    expect(tileProgram(loss, { rows: () => 4 })).toBe(loss);
  });

  it('take sums over steps of sums over rows, so that no tile leaves one for each step', () => {
    const text = `program(%0: f32[8,8], %1: f32[5,13,8]) {
  %2: f32[] = constant() dtype=f32 shape=[] value=[0]
  %3: f32[13,8] = broadcast(%2) shape=[13,8] axes=[]
  %4: f32[13,8], %5: f32[5,8] = scan(%0, %3, %1) length=5 reverse=false consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[13,8], %2: f32[13,8]) {
    %3: f32[13,8] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
    %4: f32[13,8] = add(%3, %2)
    %5: f32[13,8] = sin(%4)
    %6: f32[8] = reduce_sum(%5) axes=[0]
    return %5, %6
  }
  %6: f32[8] = reduce_sum(%5) axes=[0]
  %7: f32[] = reduce_sum(%6) axes=[0]
  %8: f32[8] = cos(%6)
  return %8, %4, %7
}`;
    const program = parse(text);
    const tiled = tileProgram(program, { rows: () => 4 });
    expectSameMeaning(program, tiled);
    const loops = tiled.instructions.filter(({ op }) => op === 'scan');
    expect(loops.flatMap(({ types }) => types.map(({ shape }) => shape.join()))).not.toContain('3,5,8');
    // Where somebody reads what the steps leave, tiles leave it too.
    const read = parse(text.replace('return %8', 'return %5, %8'));
    const whole = tileProgram(read, { rows: () => 4 });
    expectSameMeaning(read, whole);
    expect(print(whole)).toContain('f32[3,5,8]');
  });

  it('do not sum up again what was summed up ahead of them', () => {
    const program = parse(`program(%0: f32[8,8], %1: f32[5,13,8], %2: f32[13,3]) {
  %3: f32[] = constant() dtype=f32 shape=[] value=[0]
  %4: f32[13,8] = broadcast(%3) shape=[13,8] axes=[]
  %5: f32[3] = reduce_sum(%2) axes=[0]
  %6: f32[] = reduce_sum(%5) axes=[0]
  %7: f32[] = neg(%6)
  %8: f32[13] = reduce_sum(%2) axes=[1]
  %9: f32[13,8], %10: f32[5,13,8] = scan(%0, %4, %1) length=5 reverse=false consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[13,8], %2: f32[13,8]) {
    %3: f32[13,8] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
    %4: f32[13,8] = add(%3, %2)
    %5: f32[13,8] = sin(%4)
    return %5, %5
  }
  %11: f32[13] = broadcast(%6) shape=[13] axes=[]
  %12: f32[13] = mul(%8, %11)
  %13: f32[13,8] = broadcast(%12) shape=[13,8] axes=[0]
  %14: f32[13,8] = mul(%9, %13)
  %15: f32[8,8] = dot(%14, %9) contract=[[0],[0]] batch=[[],[]]
  return %15, %7
}`);
    const tiled = tileProgram(program, { rows: () => 4 });
    expect(print(tiled)).toMatch(/length=3 reverse=false consts=. carries=0/);
    expectSameMeaning(program, tiled);
  });

  it('leave alone rows that a shared array of zeros seems to tie to weights', () => {
    // Zeros of [4,4] start the rows and are compared with weights.
    const program = parse(`program(%0: f32[4,4], %1: f32[3,4,4]) {
  %2: f32[] = constant() dtype=f32 shape=[] value=[0]
  %3: f32[4,4] = broadcast(%2) shape=[4,4] axes=[]
  %4: f32[4,4] = max(%0, %3)
  %5: f32[4,4] = scan(%4, %3, %1) length=3 reverse=false consts=1 carries=1 body=program(%0: f32[4,4], %1: f32[4,4], %2: f32[4,4]) {
    %3: f32[4,4] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
    %4: f32[4,4] = add(%3, %2)
    return %4
  }
  return %5
}`);
    const tiled = tileProgram(program, { rows: () => 2 });
    expect(print(tiled)).toContain('carries=0');
    expectSameMeaning(program, tiled);
  });

  it('keep the meaning of random Programs', () => {
    let cut = 0;
    fc.assert(
      fc.property(programs, fc.integer({ min: 1, max: 2 }), (random, rows) => {
        const program = optimise(specialise(random, dims));
        const tiled = tileProgram(program, { rows: () => rows });
        if (tiled !== program) cut++;
        expectSameMeaning(program, tiled);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 300) },
    );
    expect(cut).toBeGreaterThan(5);
  });
});
