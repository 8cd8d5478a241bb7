import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Op, Program } from '../src/index.ts';
import { isRheoError, nestedPrograms, ops, ProgramBuilder, parse, print, tensorType, verify } from '../src/index.ts';
import { randomProgram } from './random-program.ts';

test('prints one instruction per line, bodies indented', () => {
  const body = new ProgramBuilder();
  const [h, x] = [body.param(tensorType('f32', [4])), body.param(tensorType('f32', [4]), 'x')];
  body.metadata = { layer: 'model/0', name: 'sum' };
  const next = body.plain('add', h, x);
  const builder = new ProgramBuilder();
  const xs = builder.param(tensorType('f32', ['time', 4]), 'inputs');
  const zero = builder.constant('f32', [4], [0, -0, 0.1, 1e300]);
  const results = builder.emit('scan', [zero, xs], {
    body: body.build([next, next]),
    length: 'time',
    reverse: false,
    consts: 0,
    carries: 1,
  });
  expect(print(builder.build(results))).toMatchInlineSnapshot(`
    "program(%0: f32[time,4] "inputs") {
      %1: f32[4] = constant() dtype=f32 shape=[4] value=[0,-0,0.1,1e+300]
      %2: f32[4], %3: f32[time,4] = scan(%1, %0) length=time reverse=false consts=0 carries=1 body=program(%0: f32[4], %1: f32[4] "x") {
        %2: f32[4] = add(%0, %1) at "model/0" as "sum"
        return %2, %2
      }
      return %2, %3
    }"
  `);
  expect(print(builder.build(results), { metadata: false })).toMatchInlineSnapshot(`
    "program(%0: f32[time,4]) {
      %1: f32[4] = constant() dtype=f32 shape=[4] value=[0,-0,0.1,1e+300]
      %2: f32[4], %3: f32[time,4] = scan(%1, %0) length=time reverse=false consts=0 carries=1 body=program(%0: f32[4], %1: f32[4]) {
        %2: f32[4] = add(%0, %1)
        return %2, %2
      }
      return %2, %3
    }"
  `);
});

test('parse(print(p)) is p', () => {
  const seen = new Set<Op>();
  fc.assert(
    fc.property(randomProgram, (program) => {
      for (const { op } of program.instructions) seen.add(op);
      verify(program);
      const text = print(program);
      expect(parse(text)).toEqual(program);
      expect(print(parse(text))).toBe(text);
      const bare = print(program, { metadata: false });
      expect(print(parse(bare))).toBe(bare);
    }),
    { numRuns: 400, seed: 7 },
  );
  expect(ops.filter((op) => !seen.has(op))).toEqual([]);
});

test('spaces and comments mean nothing', () => {
  const spaced = `// a Program
  program ( % 0 : f32 [ batch , 2 ] "x" ) { // its body
    %1:f32[batch,2]=neg(%0)as"y"return%1}  // the end`;
  expect(print(parse(spaced))).toBe(
    'program(%0: f32[batch,2] "x") {\n  %1: f32[batch,2] = neg(%0) as "y"\n  return %1\n}',
  );
});

test('dimensions may be named like any word of the text form', () => {
  const text = 'program(%0: f32[return,at,as,program,NaN,Infinity,true]) {\n  return %0\n}';
  expect(print(parse(text))).toBe(text);
});

describe('a text that is no Program is refused with its line and column', () => {
  test.each<[string, string, string]>([
    ['', '"program" is missing', 'line 1, column 1'],
    ['programme() { return }', '"program" is missing', 'line 1, column 1'],
    ['program() {', '"%" is missing', 'line 1, column 12'],
    ['program() { return } x', 'something follows the Program', 'line 1, column 22'],
    ['program() {\n  %0: f32[] = cosh()\n  return %0\n}', 'there is no op "cosh"', 'line 2, column 15'],
    ['program() {\n  %0: f32[] = toString()\n  return %0\n}', 'there is no op "toString"', 'line 2, column 15'],
    ['program(%0: f33[]) { return }', 'there is no dtype "f33"', 'line 1, column 13'],
    ['program(%1: f32[]) { return }', '%1 is defined where %0 is due', 'line 1, column 10'],
    ['program(%0: f32[-1]) { return }', '-1 is not an integer of at least 0', 'line 1, column 17'],
    ['program(%0: f32[1.5]) { return }', '1.5 is not an integer of at least 0', 'line 1, column 17'],
    ['program(%0: f32[1e300]) { return }', '1e+300 is not an integer of at least 0', 'line 1, column 17'],
    ['program(%0: f32[9007199254740993]) { return }', 'is not an integer of at least 0', 'line 1, column 17'],
    ['program(%0: f32[2) { return }', '"]" is missing', 'line 1, column 18'],
    ['program(%0: f32[] "\\q") { return }', 'an escape that does not exist', 'line 1, column 19'],
    ['program(%0: f32[] "a\nb") { return }', '")" is missing', 'line 1, column 19'],
    ['program() { %0: i32[] = dimension() return }', '"name" is missing', 'line 1, column 37'],
    [
      'program() { %0: f32[] = constant() dtype=f32 shape=[] value=[1e999] return }',
      'does not fit',
      'line 1, column 62',
    ],
    [
      'program() { %0: f32[] = constant() dtype=f32 shape=[] value=[one] return }',
      'a number is missing',
      'line 1, column 62',
    ],
    [
      'program() { () = call() name="x" body=program() { return } gradient=half return }',
      'no gradient "half"',
      'line 1, column 69',
    ],
    ['program() { = call() }', '"%" is missing', 'line 1, column 13'],
  ])('%j', (text, what, where) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'syntax' }));
    expect(() => parse(text)).toThrow(what);
    expect(() => parse(text)).toThrow(`(${where})`);
  });

  test('deep nesting', () => {
    const deep = `program() { () = call() name="x" body=`.repeat(100_000);
    expect(() => parse(deep)).toThrow('nested deeper than 64');
  });

  test('what parses is verified', () => {
    const wrong = 'program(%0: f32[2]) { %1: f32[3] = neg(%0) return %1 }';
    expect(() => parse(wrong)).toThrow(expect.objectContaining({ code: 'program' }));
    expect(() => parse('program() { return %7 }')).toThrow('result %7 does not exist');
  });

  test('cut or changed anywhere, it is refused or a verified Program', () => {
    fc.assert(
      fc.property(
        randomProgram,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.string({ maxLength: 2 }),
        (program, at, junk) => {
          const text = print(program);
          const cut = Math.floor(at * text.length);
          for (const damaged of [text.slice(0, cut), text.slice(0, cut) + junk + text.slice(cut + 1)]) {
            try {
              verify(parse(damaged));
            } catch (error) {
              if (!isRheoError(error)) throw error;
            }
          }
        },
      ),
      { numRuns: 300, seed: 11 },
    );
  });
});

test('a Program is plain data: a structured clone prints the same', () => {
  fc.assert(
    fc.property(randomProgram, (program) => {
      const clone: Program = structuredClone(program);
      verify(clone);
      expect(print(clone)).toBe(print(program));
      for (const instruction of clone.instructions) nestedPrograms(instruction).forEach(verify);
    }),
    { numRuns: 50, seed: 3 },
  );
});
