/** The kit's own parts: ids, skips, tolerance, random Programs and their reduction. */

import type { Op, Program } from '@rheo/ir';
import { nestedPrograms, ops, parse, print, verify } from '@rheo/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tolerance } from '../src/index.ts';
import {
  arbitraryProgram,
  cases,
  deviation,
  functionTolerance,
  programTolerance,
  runConformance,
  skipReasons,
} from '../src/index.ts';
import { reduceExample } from '../src/random/reduce-example.ts';
import { broken } from './broken-backend.ts';

describe('cases', () => {
  test('have ids that never change from run to run, and enough of them', () => {
    const ids = cases.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of [
      'op/add/f32/scalar',
      'scan/reverse',
      'law/scan-n-steps/cfc-7',
      'random/0001',
      'contract/donation',
    ]) {
      expect(ids).toContain(id);
    }
    expect(ids.filter((id) => id.startsWith('random/'))).toHaveLength(200);
  });

  test('name every op', () => {
    const control: Partial<Record<Op, string>> = { scan: 'scan/', while: 'while/', call: 'call/', dot: 'dot/' };
    const missing = ops.filter((op) => !cases.some(({ id }) => id.startsWith(control[op] ?? `op/${op}/`)));
    expect(missing).toEqual([]);
  });
});

describe('skips', () => {
  test('cover ids and beginnings', () => {
    const reasons = skipReasons(cases, [{ reason: 'no erf', cases: ['op/erf/f32/*', 'view/erf/f32/sliced'] }]);
    expect(reasons.get('op/erf/f32/3')).toBe('no erf');
    expect(reasons.get('view/erf/f32/sliced')).toBe('no erf');
    expect(reasons.has('op/exp/f32/3')).toBe(false);
  });

  test('are refused without a reason, or where they skip nothing', () => {
    expect(() => skipReasons(cases, [{ reason: ' ', cases: ['op/erf/*'] }])).toThrow(/no reason/);
    expect(() => skipReasons(cases, [{ reason: 'x', cases: ['op/erff/*'] }])).toThrow(/there is no such case/);
  });

  test('show in the results, and the cases do not run', async () => {
    const backend = broken({
      run: () => {
        throw new Error('must not run');
      },
    });
    const [result] = await runConformance(backend, {
      filter: ({ id }) => id === 'op/erf/f32/3',
      skip: [{ reason: 'no erf', cases: ['op/erf/*'] }],
    });
    expect(result).toEqual({ id: 'op/erf/f32/3', ok: true, skipped: true, reason: 'no erf' });
  });
});

describe('tolerance', () => {
  const type = { dtype: 'f32', shape: [1] } as const;
  const one = (x: number): Float64Array => Float64Array.of(x);
  const worst = (d: number, s: number, got: number, tolerance: Tolerance = functionTolerance): number =>
    deviation({ type, double: one(d), single: one(s) }, [got], tolerance).worst;

  test('is C · |double − single| + ε · scale', () => {
    expect(worst(1, 1, 1 + 3 * 2 ** -23)).toBeCloseTo(0.75, 6);
    expect(worst(1, 1, 1 + 5 * 2 ** -23)).toBeCloseTo(1.25, 6);
    expect(worst(1, 1.5, 1.4)).toBeLessThan(1);
    expect(worst(1e-3, 1e-3, 1e-3 + 1e-6, programTolerance)).toBeLessThan(1);
    expect(worst(1e-3, 1e-3, 1e-3 + 1e-6)).toBeGreaterThan(1);
  });

  test('asks for NaN and infinities where both references have them', () => {
    expect(worst(Number.NaN, Number.NaN, Number.NaN)).toBe(0);
    expect(worst(Number.NaN, Number.NaN, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(worst(0, 0, Number.NaN)).toBe(Number.POSITIVE_INFINITY);
    expect(worst(1e39, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(0);
    expect(worst(1e39, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(worst(-1 / 0, -1 / 0, -3e38)).toBe(Number.POSITIVE_INFINITY);
  });

  test('is zero for integers and a millionth of a millionth for f64', () => {
    const integers = { type: { dtype: 'i32', shape: [1] } as const, double: one(3), single: one(3) };
    expect(deviation(integers, [4], programTolerance).worst).toBe(Number.POSITIVE_INFINITY);
    const double = { type: { dtype: 'f64', shape: [1] } as const, double: one(1), single: one(1) };
    expect(deviation(double, [1 + 1e-12], functionTolerance).worst).toBeGreaterThan(1);
  });
});

describe('random Programs', () => {
  test('verify, print and parse, and have all ops', () => {
    const seen = new Set<Op>();
    const walk = ({ instructions }: Program): void => {
      for (const instruction of instructions) {
        seen.add(instruction.op);
        nestedPrograms(instruction).forEach(walk);
      }
    };
    for (const { program } of fc.sample(arbitraryProgram(), { numRuns: 300, seed: 1 })) {
      verify(program);
      expect(print(parse(print(program)))).toBe(print(program));
      walk(program);
    }
    expect(ops.filter((op) => !seen.has(op))).toEqual([]);
  });

  test('are the same for the same seed, and small for a short tape', () => {
    const text = (seed: number): string[] =>
      fc.sample(arbitraryProgram(), { numRuns: 3, seed }).map((e) => print(e.program));
    expect(text(7)).toEqual(text(7));
    expect(text(7)).not.toEqual(text(8));
  });

  test('are reduced to the instruction that fails', async () => {
    const program = parse(`program(%0: f32[3], %1: f32[3]) {
  %2: f32[3] = add(%0, %1)
  %3: f32[3], %4: f32[4,3] = scan(%1, %2) length=4 reverse=false consts=1 carries=1 body=program(%0: f32[3], %1: f32[3]) {
    %2: f32[3] = mul(%0, %1)
    %3: f32[3] = tanh(%2)
    %4: f32[3] = erf(%3)
    return %4, %2
  }
  %5: f32[3] = neg(%3)
  return %5, %4, %2
}`);
    const hasErf = (inner: Program): boolean =>
      inner.instructions.some((i) => i.op === 'erf' || nestedPrograms(i).some(hasErf));
    const smallest = await reduceExample(
      { program, inputs: [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)] },
      async (example) => (hasErf(example.program) ? 'erf' : undefined),
    );
    expect(print(smallest.program)).toMatchInlineSnapshot(`
      "program(%0: f32[3]) {
        %1: f32[3] = scan(%0) length=4 reverse=false consts=0 carries=1 body=program(%0: f32[3]) {
          %1: f32[] = constant() dtype=f32 shape=[] value=[0]
          %2: f32[3] = broadcast(%1) shape=[3] axes=[]
          %3: f32[3] = erf(%2)
          return %3
        }
        %2: f32[3] = neg(%1)
        return %2
      }"
    `);
  });
});
