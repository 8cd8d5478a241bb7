import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AttributeKind } from '../src/attribute-kinds.ts';
import { attributesOf } from '../src/attribute-kinds.ts';
import type { Attributes, Instruction, Op, Program } from '../src/index.ts';
import { hash, ops, ProgramBuilder, parse, print } from '../src/index.ts';
import { randomProgram } from './random-program.ts';

test('is 32 hexadecimal digits, and stays what it is', () => {
  // A cache key that changes silently makes every cache on disk stale: the value is fixed here.
  expect(hash(parse('program(%0: f32[batch,2]) { %1: f32[batch,2] = tanh(%0) return %1 }'))).toMatchInlineSnapshot(
    `"34bb54f2716db8bb1ced06f7c4fda076"`,
  );
});

test('metadata and names of parameters do not count, anything that prints without them does', () => {
  const texts = new Map<string, string>();
  fc.assert(
    fc.property(randomProgram, (program) => {
      const bare = print(program, { metadata: false });
      const key = hash(program);
      expect(hash(parse(bare))).toBe(key);
      expect(hash(structuredClone(program))).toBe(key);
      expect(texts.get(key) ?? bare).toBe(bare);
      texts.set(key, bare);
    }),
    { numRuns: 300, seed: 5 },
  );
  expect(new Set(texts.values()).size).toBe(texts.size);
});

/** Another value of the same kind. */
function changed(kind: AttributeKind, value: unknown): unknown {
  switch (kind) {
    case 'integer':
      return (value as number) + 1;
    case 'integers':
    case 'shape':
    case 'numbers':
      return [...(value as number[]), 1];
    case 'pair':
      return [[...((value as number[][])[0] ?? []), 1], (value as number[][])[1]];
    case 'dim':
      return typeof value === 'number' ? String(value) : 7;
    case 'dimension':
    case 'text':
      return `${value}x`;
    case 'dtype':
      return value === 'f64' ? 'f32' : 'f64';
    case 'flag':
      return value !== true;
    case 'program':
      return { ...(value as Program), results: [...(value as Program).results, 0] };
    case 'gradient': {
      if (typeof value === 'string') return value === 'stop' ? 'inline' : 'stop';
      const { forward, backward } = value as { forward: Program; backward: Program };
      return { forward, backward: changed('program', backward) };
    }
  }
}

test('every attribute of every op counts, as do op, operands, types and results', () => {
  const seen = new Set<Op>();
  fc.assert(
    fc.property(randomProgram, (program) => {
      const key = hash(program);
      for (const [index, instruction] of program.instructions.entries()) {
        seen.add(instruction.op);
        const replace = (change: object): string => {
          const replaced = { ...instruction, ...change } as Instruction;
          return hash({ ...program, instructions: program.instructions.with(index, replaced) });
        };
        for (const [name, kind] of attributesOf(instruction.op)) {
          const old = (instruction.attributes as Record<string, unknown>)[name];
          expect(replace({ attributes: { ...instruction.attributes, [name]: changed(kind, old) } })).not.toBe(key);
        }
        expect(replace({ operands: [...instruction.operands, 0] })).not.toBe(key);
        expect(replace({ types: [...instruction.types, { dtype: 'f32', shape: [] }] })).not.toBe(key);
      }
      expect(hash({ ...program, results: [...program.results, 0] })).not.toBe(key);
      expect(hash({ ...program, params: [...program.params, { type: { dtype: 'f32', shape: [] } }] })).not.toBe(key);
    }),
    { numRuns: 500, seed: 9 },
  );
  expect(ops.filter((op) => !seen.has(op))).toEqual([]);
});

describe('constants', () => {
  const keyOf = (value: Attributes['constant']['value']): string => {
    const builder = new ProgramBuilder();
    return hash(builder.build([builder.constant('f64', [value.length], value)]));
  };

  test('count to the last bit, the sign of zero included; all NaN are one', () => {
    expect(keyOf([0])).not.toBe(keyOf([-0]));
    expect(keyOf([1])).not.toBe(keyOf([1 + Number.EPSILON]));
    expect(keyOf([Number.POSITIVE_INFINITY])).not.toBe(keyOf([Number.NEGATIVE_INFINITY]));
    const [other = 0] = new Float64Array(BigUint64Array.of(0xfff8000000000001n).buffer);
    expect(keyOf([other])).toBe(keyOf([Number.NaN]));
  });

  test('of one changed element among many give keys that share no part', () => {
    const value = Array.from({ length: 1000 }, (_, i) => i);
    const keys = value.slice(0, 200).map((x, i) => keyOf(value.with(i, x + 0.5)));
    for (let part = 0; part < 4; part++) {
      expect(new Set(keys.map((key) => key.slice(8 * part, 8 * part + 8))).size).toBe(keys.length);
    }
  });
});
