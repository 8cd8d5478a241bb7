import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Program } from '../src/index.ts';
import { isRheoError, parse, verify } from '../src/index.ts';
import { randomProgram } from './random-program.ts';

const sound = parse(`
program(%0: f32[batch,2] "x", %1: i32[]) {
  %2: f32[batch,2] = tanh(%0) at "model/0" as "y"
  %3: f32[batch,2], %4: f32[3,2] = scan(%2) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[batch,2]) {
    %1: f32[2] = reduce_sum(%0) axes=[0]
    return %0, %1
  }
  return %3, %1
}`);

/** The sound Program with the value at a path replaced; `undefined` takes it away. */
function corrupted(path: string, value: unknown): Program {
  const copy: unknown = structuredClone(sound);
  const keys = path.split('.');
  let parent = copy as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  const last = keys.at(-1) ?? '';
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy as Program;
}

describe('a corrupted Program is refused', () => {
  test.each<[string, unknown, string, string]>([
    ['params', undefined, 'program', 'must have lists'],
    ['params', {}, 'program', 'must have lists'],
    ['params.0', null, 'program', 'parameter 0 has no type'],
    ['params.0.type', 'f32', 'program', 'parameter 0 has no type'],
    ['params.0.type.dtype', 'f16', 'program', 'parameter 0 has no type'],
    ['params.0.type.shape.0', -1, 'program', 'parameter 0 has no type'],
    ['params.0.type.shape.0', 'a b', 'program', 'parameter 0 has no type'],
    ['params.0.type.shape.0', 'time', 'program', 'is declared'],
    ['params.0.name', 7, 'program', 'the name of parameter 0 is no text'],
    ['instructions', undefined, 'program', 'must have lists'],
    ['instructions.0', 3, 'program', 'an instruction is not an object'],
    ['instructions.0.op', 'cosh', 'program', 'there is no op "cosh"'],
    ['instructions.0.op', 'valueOf', 'program', 'there is no op "valueOf"'],
    ['instructions.0.op', undefined, 'program', 'there is no op "undefined"'],
    ['instructions.0.id', 1, 'program', '%1 is defined where %2 is due'],
    ['instructions.0.id', 3, 'program', '%3 is defined where %2 is due'],
    ['instructions.0.operands', [2], 'program', 'uses %2 before it is defined'],
    ['instructions.0.operands', [-1], 'program', 'operands of tanh must be values'],
    ['instructions.0.operands', ['0'], 'program', 'operands of tanh must be values'],
    ['instructions.0.operands', undefined, 'program', 'operands of tanh must be values'],
    ['instructions.0.operands', [1], 'dtype', 'layer model/0: tanh: takes f32, f64; got i32[]'],
    ['instructions.0.attributes', undefined, 'program', 'tanh has no attributes'],
    ['instructions.0.attributes', { axis: 1 }, 'program', 'tanh has no attribute "axis"'],
    ['instructions.0.types', [], 'program', 'is declared () but gives (f32[batch,2])'],
    ['instructions.0.types.0.dtype', 'f64', 'program', 'is declared (f64[batch,2]) but gives (f32[batch,2])'],
    ['instructions.0.types.0', null, 'program', 'must declare types'],
    ['instructions.0.metadata', 'y', 'program', 'metadata of tanh must be texts'],
    ['instructions.0.metadata.layer', 1, 'program', 'metadata of tanh must be texts'],
    ['instructions.1.attributes.length', 2.5, 'program', 'length of scan is not a dim'],
    ['instructions.1.attributes.reverse', undefined, 'program', 'reverse of scan is not a flag'],
    ['instructions.1.attributes.consts', '0', 'program', 'consts of scan is not a integer'],
    ['instructions.1.attributes.body', undefined, 'program', 'body of scan is not a program'],
    ['instructions.1.attributes.body', 'x', 'program', 'body of scan is not a program'],
    ['instructions.1.attributes.body.instructions.0.id', 7, 'program', '(program %3 = scan (nested 0))'],
    ['instructions.1.attributes.body.instructions.0.attributes.axes', [5], 'attribute', 'axis 5 does not exist'],
    ['instructions.1.attributes.body.results', [0, 9], 'program', 'result %9 does not exist'],
    ['instructions.1.attributes.body.results', [], 'program', 'returns 0 values for 1 carries'],
    ['results.0', 99, 'program', 'result %99 does not exist'],
    ['results.0', 0.5, 'program', 'must have lists'],
    ['results', '33', 'program', 'must have lists'],
  ])('%s = %j', (path, value, code, message) => {
    const program = corrupted(path, value);
    expect(() => verify(program)).toThrow(expect.objectContaining({ code }));
    expect(() => verify(program)).toThrow(message);
  });

  test.each([null, undefined, 7, 'program'])('%j is no Program', (value) => {
    expect(() => verify(value as unknown as Program)).toThrow(expect.objectContaining({ code: 'program' }));
  });
});

test('with anything anywhere, it is refused with a typed error or sound', () => {
  const junk = fc.constantFrom<unknown[]>(
    undefined,
    null,
    0,
    -1,
    1.5,
    1e300,
    'f32',
    '',
    [],
    {},
    [[]],
    [null],
    true,
    Number.NaN,
  );
  fc.assert(
    fc.property(randomProgram, fc.array(fc.nat(1000), { minLength: 1, maxLength: 8 }), junk, (program, path, value) => {
      const copy = structuredClone(program);
      let parent = copy as unknown as Record<string, unknown>;
      for (const [depth, pick] of path.entries()) {
        const keys = Object.keys(parent);
        const key = keys[pick % Math.max(keys.length, 1)];
        if (key === undefined) break;
        const child = parent[key];
        const leaf = typeof child !== 'object' || child === null || depth === path.length - 1;
        if (leaf) parent[key] = value;
        if (leaf) break;
        parent = child as Record<string, unknown>;
      }
      try {
        verify(copy);
      } catch (error) {
        if (!isRheoError(error)) throw error;
      }
    }),
    { numRuns: 1000, seed: 13 },
  );
});

test('nesting ends at 64; a body shared by many is looked at once', () => {
  const leaf: Program = { params: [], instructions: [], results: [] };
  const around = (body: Program): Program => {
    const call = (id: number) =>
      ({ op: 'call', id, operands: [], attributes: { name: '', body, gradient: 'inline' }, types: [] }) as const;
    return { params: [], instructions: [call(0), call(0)], results: [] };
  };
  let deep = leaf;
  for (let depth = 0; depth < 64; depth++) deep = around(deep);
  verify(deep);
  expect(() => verify(around(deep))).toThrow('nested deeper than 64');
  const endless = { params: [], instructions: [] as unknown[], results: [] };
  endless.instructions.push(...around(endless as unknown as Program).instructions);
  expect(() => verify(endless as unknown as Program)).toThrow('nested deeper than 64');
});
