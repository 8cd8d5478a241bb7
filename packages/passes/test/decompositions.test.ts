/** Expansions mean what the ops mean, special values included; legalise leaves only what an emitter has. */

import type { Instruction, Op, Program } from '@rheo/ir';
import { evaluate, isRheoError, nestedPrograms, ProgramBuilder } from '@rheo/ir';
import { decompositions, legalise } from '@rheo/passes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dims, programs } from './random-program.ts';
import { expectSameMeaning } from './same-meaning.ts';

const expanded = (Object.keys(decompositions) as Op[]).filter((op) => decompositions[op] !== 'core');
const special = [0, -0, 1, -1, 0.5, -0.5, 1e-9, -1e-9, 3, -3, 2.75, -2.75, 20, -20, 1e3, -1e3, 1e20, -1e20];
const numbers = [...special, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

function opsOf(program: Program): Op[] {
  return program.instructions.flatMap((found) => [found.op, ...nestedPrograms(found).flatMap(opsOf)]);
}

function expectClose(
  found: ArrayLike<number>,
  wanted: ArrayLike<number>,
  inputs: readonly (readonly number[])[],
): void {
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [found[i] as number, wanted[i] as number];
    const same = Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(b));
    expect(same, `${inputs.map((list) => list[i]).join(', ')} gives ${a}, not ${b}`).toBe(true);
  }
}

describe('elementwise expansions', () => {
  const unary: readonly Op[] = ['neg', 'abs', 'sign', 'floor', 'expm1', 'log1p', 'tanh', 'logistic', 'erf'];
  test.each(unary)('%s', (op) => {
    const b = new ProgramBuilder();
    const x = b.param({ dtype: 'f32', shape: [numbers.length] });
    const program = b.build([b.plain(op as 'neg', x)]);
    const legal = legalise(program, { supports: (found) => found.op !== op });
    expect(opsOf(legal)).not.toContain(op);
    const [wanted = []] = evaluate(program, [numbers]);
    const [found = []] = evaluate(legal, [numbers]);
    expectClose(found, wanted, [numbers]);
  });

  test.each(['sub', 'max', 'min', 'le'] as const)('%s', (op) => {
    const left = numbers.flatMap((a) => numbers.map(() => a));
    const right = numbers.flatMap(() => numbers);
    const b = new ProgramBuilder();
    const x = b.param({ dtype: 'f32', shape: [left.length] });
    const y = b.param({ dtype: 'f32', shape: [left.length] });
    const program = b.build([b.plain(op, x, y)]);
    const legal = legalise(program, { supports: (found) => found.op !== op });
    const [wanted = []] = evaluate(program, [left, right]);
    const [found = []] = evaluate(legal, [left, right]);
    expectClose(found, wanted, [left, right]);
  });

  test('cos', () => {
    const b = new ProgramBuilder();
    const x = b.param({ dtype: 'f32', shape: [5] });
    const program = b.build([b.plain('cos', x)]);
    expectSameMeaning(program, legalise(program, { supports: ({ op }) => op !== 'cos' }));
  });
});

describe('expansions of ops on arrays', () => {
  test('concat, reverse, reduce_max, argmax, dot with batch axes', () => {
    const b = new ProgramBuilder();
    const x = b.param({ dtype: 'f32', shape: [2, 3, 4] });
    const y = b.param({ dtype: 'f32', shape: [4, 2, 5] });
    const r = b.param({ dtype: 'f32', shape: ['batch', 2] });
    const program = b.build([
      b.one('concat', [x, x], { axis: 1 }),
      b.one('reverse', [x], { axis: 2 }),
      b.one('reverse', [r], { axis: 0 }),
      b.one('reduce_max', [x], { axes: [0, 2] }),
      b.one('argmax', [x], { axis: 1 }),
      b.one('dot', [x, y], { contract: [[2], [0]], batch: [[0], [1]] }),
    ]);
    const legal = legalise(program, { supports: ({ op }) => decompositions[op] === 'core' });
    for (const op of expanded) expect(opsOf(legal)).not.toContain(op);
    expectSameMeaning(program, legal);
  });

  test('argmax takes the lowest index at ties', () => {
    const b = new ProgramBuilder();
    const program = b.build([b.one('argmax', [b.param({ dtype: 'f32', shape: [4] })], { axis: 0 })]);
    const legal = legalise(program, { supports: ({ op }) => op !== 'argmax' });
    expect(evaluate(legal, [[1, 5, 5, 2]])).toEqual([new Int32Array([1])]);
  });
});

describe('legalise', () => {
  test('random Programs in core ops', () => {
    const core = ({ op }: Instruction): boolean => decompositions[op] === 'core';
    fc.assert(
      fc.property(programs, (program) => {
        const legal = legalise(program, { supports: core });
        expect(opsOf(legal).some((op) => expanded.includes(op))).toBe(false);
        expectSameMeaning(program, legal);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    );
  });

  test('binds names', () => {
    const b = new ProgramBuilder();
    b.param({ dtype: 'f32', shape: ['batch'] });
    const legal = legalise(b.build([b.one('dimension', [], { name: 'batch' })]), { supports: () => true, dims });
    expect(opsOf(legal)).toEqual(['constant']);
    expect(legal.params[0]?.type.shape).toEqual([3]);
  });

  test('names op, layer and types of what cannot be had', () => {
    const b = new ProgramBuilder();
    const x = b.param({ dtype: 'f32', shape: [2] });
    b.metadata = { layer: 'model/0/cfc' };
    const program = b.build([b.plain('tanh', x)]);
    try {
      legalise(program, { supports: ({ op }) => op !== 'tanh' && op !== 'exp' && op !== 'expm1', from: '@rheo/onnx' });
      expect.fail('it must throw');
    } catch (error) {
      if (!isRheoError(error)) throw error;
      expect(error.code).toBe('capability');
      expect(error.message).toMatch(/^@rheo\/onnx: layer model\/0\/cfc: exp: .*f32\[2\]/);
    }
  });
});
