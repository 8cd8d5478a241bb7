import { describe, expect, test } from 'vitest';
import type { Attributes, Program } from '../src/index.ts';
import { formatType, inferTypes, ProgramBuilder } from '../src/index.ts';
import { typesOf } from './type-of.ts';

/** A Program that takes these types and returns zeros of those. */
function signature(params: string, results: string): Program {
  const builder = new ProgramBuilder();
  for (const type of typesOf(params)) builder.param(type);
  return builder.build(typesOf(results).map(({ dtype, shape }) => builder.fill(dtype, shape, 0)));
}

const scan = (operands: string, attributes: Partial<Attributes['scan']>): string =>
  inferTypes('scan', typesOf(operands), {
    body: signature('f32[2] f32[3] f32[4]', 'f32[3] i32[5] bool'),
    length: 7,
    reverse: false,
    consts: 1,
    carries: 1,
    ...attributes,
  })
    .map(formatType)
    .join(' ');

describe('scan', () => {
  test('returns carries, then ys with the leading axis', () => {
    expect(scan('f32[2] f32[3] f32[7,4]', {})).toBe('f32[3] i32[7,5] bool[7]');
    expect(scan('f32[2] f32[3] f32[time,4]', { length: 'time' })).toBe('f32[3] i32[time,5] bool[time]');
  });

  test('needs no xs and no carries', () => {
    expect(scan('', { body: signature('', 'f32'), consts: 0, carries: 0 })).toBe('f32[7]');
    expect(scan('f32', { body: signature('f32', 'f32'), consts: 0 })).toBe('f32[]');
  });

  test.each<[string, Partial<Attributes['scan']>, string]>([
    ['f32[2] f32[3] f32[7,4]', { length: -1 }, 'attribute'],
    ['f32[2] f32[3] f32[7,4]', { length: 'a b' }, 'attribute'],
    ['f32[2] f32[3] f32[7,4]', { consts: -1 }, 'attribute'],
    ['f32[2] f32[3] f32[7,4]', { carries: 0.5 }, 'attribute'],
    ['f32[2] f32[3] f32[7,4]', { carries: 3 }, 'attribute'],
    ['f32[2] f32[3] f32[8,4]', {}, 'shape'],
    ['f32[2] f32[3] f32', {}, 'shape'],
    ['f32[2] f32[3] f32[time,4]', {}, 'shape'],
    ['f32[2] f32[3]', {}, 'program'],
    ['f32[2] f64[3] f32[7,4]', {}, 'program'],
    ['f32[2] f32[3] f32[7,4]', { body: signature('f32[2] f32[3] f32[4]', '') }, 'program'],
    ['f32[2] f32[3] f32[7,4]', { body: signature('f32[2] f32[3] f32[4]', 'f32[4]') }, 'shape'],
    ['f32[2] f32[3] f32[7,4]', { body: signature('f32[2] f32[3] f32[4]', 'f64[3]') }, 'shape'],
  ])('(%s) with %o is refused: %s', (operands, attributes, code) => {
    expect(() => scan(operands, attributes)).toThrow(expect.objectContaining({ code }));
  });
});

describe('while', () => {
  const infer = (operands: string, attributes: Partial<Attributes['while']>): string =>
    inferTypes('while', typesOf(operands), {
      cond: signature('f32 i32', 'bool'),
      body: signature('f32 i32', 'i32'),
      consts: 1,
      ...attributes,
    })
      .map(formatType)
      .join(' ');

  test('returns the carries', () => {
    expect(infer('f32 i32', {})).toBe('i32[]');
  });

  test.each<[string, Partial<Attributes['while']>, string]>([
    ['f32 i32', { consts: 3 }, 'attribute'],
    ['f32 i32', { consts: -1 }, 'attribute'],
    ['f32 f32', {}, 'program'],
    ['f32 i32', { cond: signature('f32 i32', 'i32') }, 'program'],
    ['f32 i32', { cond: signature('f32 i32', 'bool[1]') }, 'program'],
    ['f32 i32', { cond: signature('f32', 'bool') }, 'program'],
    ['f32 i32', { body: signature('f32 i32', 'f32') }, 'program'],
    ['f32 i32', { body: signature('f32 i32', 'i32 i32') }, 'program'],
    ['f32 u32', { cond: signature('f32 u32', 'bool'), body: signature('f32 u32', 'u32') }, 'dtype'],
  ])('(%s) with %o is refused: %s', (operands, attributes, code) => {
    expect(() => infer(operands, attributes)).toThrow(expect.objectContaining({ code }));
  });
});

describe('call', () => {
  const body = signature('f32[2] i32', 'f32 i32');
  const infer = (gradient: Attributes['call']['gradient'], operands = 'f32[2] i32'): string =>
    inferTypes('call', typesOf(operands), { body, name: 'part', gradient }).map(formatType).join(' ');
  const forward = signature('f32[2] i32', 'f32 i32 f32[5]');
  const backward = signature('f32[5] f32', 'f32[2]');

  test('returns what the body returns', () => {
    expect(infer('inline')).toBe('f32[] i32[]');
    expect(infer('stop')).toBe('f32[] i32[]');
    expect(infer({ forward, backward })).toBe('f32[] i32[]');
  });

  test.each<[string, Attributes['call']['gradient'], string]>([
    ['other operands', 'inline', 'f32[3] i32'],
    ['too few operands', 'inline', 'f32[2]'],
    ['a forward of other operands', { forward: signature('f32[2]', 'f32 i32 f32[5]'), backward }, 'f32[2] i32'],
    ['a forward without all results', { forward: signature('f32[2] i32', 'f32'), backward }, 'f32[2] i32'],
    ['a forward of other results', { forward: signature('f32[2] i32', 'i32 f32 f32[5]'), backward }, 'f32[2] i32'],
    ['a backward without residuals', { forward, backward: signature('f32', 'f32[2]') }, 'f32[2] i32'],
    ['a backward of integer cotangents', { forward, backward: signature('f32[5] f32 i32', 'f32[2]') }, 'f32[2] i32'],
    ['a backward of other results', { forward, backward: signature('f32[5] f32', 'f32[2] i32') }, 'f32[2] i32'],
  ])('refuses %s', (_, gradient, operands) => {
    expect(() => infer(gradient, operands)).toThrow(expect.objectContaining({ code: 'program' }));
  });
});
