import { parse } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { formatSteps, lower, planMemory, touched } from '../src/index.ts';

const kernels = (text: string, bound: readonly number[] = []): string =>
  formatSteps(lower(parse(text), new Set(bound)));

describe('lowering', () => {
  it('computes an elementwise chain in one loop', () => {
    expect(
      kernels(`program(%0: f32[4,8], %1: f32[8]) {
  %2: f32[4,8] = broadcast(%1) shape=[4,8] axes=[1]
  %3: f32[4,8] = add(%0, %2)
  %4: f32[4,8] = tanh(%3)
  return %4
}`),
    ).toMatchInlineSnapshot(`
      "map [4,8]
        r0(8,1) = tanh(add(i0(8,1), i1(0,1)))"
    `);
  });

  it('turns slices, transposes and reversals into strides', () => {
    expect(
      kernels(`program(%0: f32[4,8]) {
  %1: f32[4,3] = slice(%0) axis=1 start=2 limit=5
  %2: f32[3,4] = transpose(%1) permutation=[1,0]
  %3: f32[3,4] = reverse(%2) axis=0
  %4: f32[3,4] = exp(%3)
  return %4
}`),
    ).toMatchInlineSnapshot(`
      "map [3,4]
        r0(4,1) = exp(i0@4(-1,8))"
    `);
  });

  it('writes the parts of a concatenation in place, from one loop', () => {
    expect(
      kernels(`program(%0: f32[4,8], %1: f32[4,8]) {
  %2: f32[4,8] = mul(%0, %1)
  %3: f32[4,8] = neg(%2)
  %4: f32[4,8] = exp(%2)
  %5: f32[4,16] = concat(%3, %4) axis=1
  return %5
}`),
    ).toMatchInlineSnapshot(`
      "map [4,8]
        r0(16,1) = neg(mul(i0(8,1), i1(8,1)))
        r0@8(16,1) = exp(mul(i0(8,1), i1(8,1)))"
    `);
  });

  it('fuses what follows a product into it, and what feeds a sum', () => {
    expect(
      kernels(`program(%0: f32[4,8], %1: f32[8,16], %2: f32[16]) {
  %3: f32[4,16] = dot(%0, %1) contract=[[1],[0]] batch=[[],[]]
  %4: f32[4,16] = broadcast(%2) shape=[4,16] axes=[1]
  %5: f32[4,16] = add(%3, %4)
  %6: f32[4,16] = tanh(%5)
  %7: f32[4,16] = mul(%6, %6)
  %8: f32[4] = reduce_sum(%7) axes=[1]
  return %8
}`),
    ).toMatchInlineSnapshot(`
      "pack 8×16: b5 = i1
      product 4×16×8: C = i0 · b5
        b4(16,1) = C
      reduce_sum [4,16] over the last 1
        r0(1,0) = mul(tanh(add(b4(16,1), i2(0,1))), tanh(add(b4(16,1), i2(0,1))))"
    `);
  });

  const scan = `program(%0: f32[8,8], %1: f32[2,8], %2: f32[5,2,8]) {
  %3: f32[2,8], %4: f32[5,2,8] = scan(%0, %1, %2) length=5 reverse=false consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[2,8], %2: f32[2,8]) {
    %3: f32[2,8] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
    %4: f32[2,8] = add(%3, %2)
    return %4, %4
  }
  return %3, %4
}`;

  it('packs weights before the loop and writes outputs at their slice', () => {
    expect(kernels(scan)).toMatchInlineSnapshot(`
      "map [2,8]
        r0(8,1) = i1(8,1)
      pack 8×8: b5 = i0
      loop t0 0 … 4
        product 2×8×8: C = r0 · b5
          r1@0+16·t0(8,1) = add(C, i2@0+16·t0(8,1))
        map [2,8]
          r0(8,1) = r1@0+16·t0(8,1)"
    `);
  });

  it('packs bound weights ahead of every run', () => {
    expect(kernels(scan, [0])).toMatchInlineSnapshot(`
      "prepare
        pack 8×8: b5 = i0
      run
        map [2,8]
          r0(8,1) = i1(8,1)
        loop t0 0 … 4
          product 2×8×8: C = r0 · b5
            r1@0+16·t0(8,1) = add(C, i2@0+16·t0(8,1))
          map [2,8]
            r0(8,1) = r1@0+16·t0(8,1)"
    `);
  });
});

describe('memory plan', () => {
  it('never lets two buffers share bytes while both are needed', () => {
    const steps = lower(
      parse(`program(%0: f32[64,64], %1: f32[64,64]) {
  %2: f32[64,64] = dot(%0, %1) contract=[[1],[0]] batch=[[],[]]
  %3: f32[64,64] = dot(%2, %1) contract=[[1],[0]] batch=[[],[]]
  %4: f32[64,64] = dot(%3, %1) contract=[[1],[0]] batch=[[],[]]
  %5: f32[64,64] = dot(%4, %1) contract=[[1],[0]] batch=[[],[]]
  return %5
}`),
    );
    const plan = planMemory(steps);
    // The packed right operand and two of the three intermediate products live at once: 3 of 4 blocks of 16 KiB.
    expect(plan.bytes).toBe(3 * 64 * 64 * 4);
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    steps.steps.forEach((step, position) => {
      const { reads, writes } = touched(step);
      for (const id of [...reads, ...writes]) {
        if (!first.has(id)) first.set(id, position);
        last.set(id, position);
      }
    });
    const placed = [...first.keys()].filter((id) => plan.offsets[id] !== undefined);
    for (const a of placed) {
      for (const b of placed) {
        const together = (first.get(a) ?? 0) <= (last.get(b) ?? 0) && (first.get(b) ?? 0) <= (last.get(a) ?? 0);
        if (a >= b || !together) continue;
        expect(Math.abs((plan.offsets[a] ?? 0) - (plan.offsets[b] ?? 0))).toBeGreaterThanOrEqual(64 * 64 * 4);
      }
    }
  });

  it('keeps apart what every thread of a parallel loop needs for itself', () => {
    const steps = lower(
      parse(`program(%0: f32[4,16,64], %1: f32[64,64]) {
  %2: f32[64,64] = mul(%1, %1)
  %3: f32[4,64] = scan(%2, %0) length=4 reverse=false consts=1 carries=0 body=program(%0: f32[64,64], %1: f32[16,64]) {
    %2: f32[16,64] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
    %3: f32[16,64] = dot(%2, %0) contract=[[1],[0]] batch=[[],[]]
    %4: f32[64] = reduce_sum(%3) axes=[0]
    return %4
  }
  return %3
}`),
    );
    const loop = steps.steps.find((step) => step.kind === 'loop');
    expect(loop?.kind === 'loop' && loop.parallel).toBe(true);
    const plan = planMemory(steps, { threads: true });
    const outside = steps.steps.filter((step) => step !== loop).map(touched);
    for (const { id, kind } of steps.buffers) {
      const offset = plan.offsets[id];
      if (kind !== 'temporary' || offset === undefined) continue;
      const shared = outside.some(({ reads, writes }) => reads.has(id) || writes.has(id));
      expect(offset >= plan.privateFrom, `buffer ${id}`).toBe(!shared);
    }
    // Both products of 16 × 64 live at once.
    expect(plan.bytes - plan.privateFrom).toBe(2 * 16 * 64 * 4);
    expect(planMemory(steps).privateFrom).toBe(planMemory(steps).bytes);
  });

  it('calls no loop parallel that carries something', () => {
    const steps = lower(
      parse(`program(%0: f32[4,8], %1: f32[8]) {
  %2: f32[8], %3: f32[4,8] = scan(%1, %0) length=4 reverse=false consts=0 carries=1 body=program(%0: f32[8], %1: f32[8]) {
    %2: f32[8] = add(%0, %1)
    return %2, %2
  }
  return %3
}`),
    );
    expect(steps.steps.some((step) => step.kind === 'loop' && step.parallel)).toBe(false);
  });
});

it('computes what two sums share once, and never stores it', () => {
  expect(
    kernels(`program(%0: f32[8,4,4], %1: f32[4,4]) {
  %2: f32[8,4,4] = broadcast(%1) shape=[8,4,4] axes=[1,2]
  %3: f32[8,4,4] = mul(%0, %2)
  %4: f32[8,4,4] = logistic(%3)
  %5: f32[8,4,4] = mul(%4, %2)
  %6: f32[8,4] = reduce_sum(%4) axes=[1]
  %7: f32[8,4] = reduce_sum(%5) axes=[1]
  return %6, %7
}`),
  ).toMatchInlineSnapshot(`
    "reduce_sum [8,4,4] over the last 1
      r0(4,1,0) = logistic(mul(i0(16,1,4), i1(0,1,4)))
      r1(4,1,0) = mul(logistic(mul(i0(16,1,4), i1(0,1,4))), i1(0,1,4))"
  `);
});

it('adds to sums over different axes from one loop, if the target can', () => {
  const program = parse(`program(%0: f32[16,8,8], %1: f32[8,8]) {
  %2: f32[16,8,8] = broadcast(%1) shape=[16,8,8] axes=[1,2]
  %3: f32[16,8,8] = mul(%0, %2)
  %4: f32[16,8,8] = logistic(%3)
  %5: f32[16,8,8] = mul(%4, %0)
  %6: f32[8,8] = reduce_sum(%5) axes=[0]
  %7: f32[16,8] = reduce_sum(%4) axes=[2]
  return %6, %7
}`);
  expect(formatSteps(lower(program, new Set(), { sums: true }))).toMatchInlineSnapshot(`
    "map [8,8]
      r0(8,1) = 0
    map [16,8]
      r1(8,1) = 0
    sums [16,8,8]
      r0(0,8,1) += mul(logistic(mul(i0(64,8,1), i1(0,8,1))), i0(64,8,1))
      r1(8,1,0) += logistic(mul(i0(64,8,1), i1(0,8,1)))"
  `);
  expect(formatSteps(lower(program))).not.toContain('sums');
});

it.each([
  ['forward', 'false', '%6, %5', 0, 4],
  ['backward', 'true', '%5, %6', 1, 5],
])('keeps what a loop carries before and after its steps in one place, %s', (_, reverse, parts, start, limit) => {
  const steps = kernels(`program(%0: f32[8], %1: f32[5,8], %2: f32[5,8]) {
  %3: f32[8], %4: f32[5,8] = scan(%0, %1) length=5 reverse=${reverse} consts=0 carries=1 body=program(%0: f32[8], %1: f32[8]) {
    %2: f32[8] = add(%0, %1)
    %3: f32[8] = sin(%2)
    return %3, %3
  }
  %5: f32[4,8] = slice(%4) axis=0 start=${start} limit=${limit}
  %6: f32[1,8] = reshape(%0) shape=[1,8]
  %7: f32[5,8] = concat(${parts}) axis=0
  %8: f32[5,8] = mul(%7, %4)
  return %8
}`);
  // One row is copied, where the loop began.
  expect(steps).not.toMatch(/^map \[4,8\]/m);
  expect(steps).toMatch(/^map \[1,8\]/m);
  expect(steps).toMatch(/mul\((b\d+)(@8)?\(8,1\), \1(@8)?\(8,1\)\)/);
});
