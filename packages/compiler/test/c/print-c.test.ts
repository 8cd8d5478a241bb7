import type { Instruction, Program } from '@rheo/ir';
import { parse } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { lower, printC } from '../../src/index.ts';

const print = (program: Program) => printC(lower(program, undefined, { packing: false }), { prefix: 'demo' });

describe('a Program as C', () => {
  it('reads weights where they lie, and fuses what follows a product', () => {
    const { run, scratch } = print(
      parse(`program(%0: f32[8], %1: f32[8,16], %2: f32[16]) {
  %3: f32[16] = dot(%0, %1) contract=[[0],[0]] batch=[[],[]]
  %4: f32[16] = add(%3, %2)
  %5: f32[16] = tanh(%4)
  return %5
}`),
    );
    expect(scratch).toEqual([]);
    expect(run).toMatchInlineSnapshot(`
      "static void demo_run(const float *in0, const float *in1, const float *in2, float *out0) {
        { /* dot */
          for (int32_t column = 0; column < 16; ++column) {
            float sum = 0.0f;
            for (int32_t k = 0; k < 8; ++k) {
              sum += in0[k] * in1[column + 16 * k];
            }
            out0[column] = tanhf(sum + in2[column]);
          }
        }
      }"
    `);
  });

  it('keeps loops, and writes results where they are wanted', () => {
    const { run, scratch, scratchBytes } = print(
      parse(`program(%0: f32[4], %1: f32[6,4]) {
  %2: f32[4], %3: f32[6] = scan(%0, %1) length=6 reverse=true consts=0 carries=1 body=program(%0: f32[4], %1: f32[4]) {
    %2: f32[4] = mul(%0, %1)
    %3: f32[] = reduce_sum(%2) axes=[0]
    return %2, %3
  }
  return %2, %3
}`),
    );
    expect({ scratch, scratchBytes }).toEqual({ scratch: [], scratchBytes: 0 });
    expect(run).toMatchInlineSnapshot(`
      "static void demo_run(const float *in0, const float *in1, float *out0, float *out1) {
        { /* scan */
          for (int32_t i = 0; i < 4; ++i) {
            out0[i] = in0[i];
          }
        }
        for (int32_t t0 = 5; t0 >= 0; --t0) { /* scan */
          { /* mul */
            for (int32_t i = 0; i < 4; ++i) {
              const float v0 = out0[i];
              out0[i] = v0 * in1[4 * t0 + i];
            }
          }
          { /* reduce_sum */
            float sum = 0.0f;
            for (int32_t i = 0; i < 4; ++i) {
              sum += out0[i];
            }
            out1[t0] = sum;
          }
        }
      }"
    `);
  });

  it('lets values whose lives do not meet share scratch', () => {
    const chain = Array.from(
      { length: 6 },
      (_, i) => `%${i + 3}: f32[8] = dot(%${i === 0 ? 0 : i + 2}, %1) contract=[[0],[0]] batch=[[],[]]`,
    );
    const { scratch, scratchBytes } = print(
      parse(
        `program(%0: f32[8], %1: f32[8,8], %2: f32[8]) {\n${chain.join('\n')}\n%9: f32[8] = add(%8, %2)\nreturn %9\n}`,
      ),
    );
    expect({ scratch, scratchBytes }).toEqual({ scratch: ['float floats[16];'], scratchBytes: 64 });
  });

  it('stores tables of indices narrowly, and tests no index that is known to be within bounds', () => {
    const { run, tables, tableBytes } = print(
      parse(`program(%0: f32[5]) {
  %1: i32[3] = constant() dtype=i32 shape=[3] value=[4,0,2]
  %2: f32[3] = gather(%0, %1) axis=0
  return %2
}`),
    );
    expect(tables.join('\n')).toMatchInlineSnapshot(`
      "/* constant */
      static const uint8_t demo_constant_c2[3] = {
        4, 0, 2
      };"
    `);
    expect(tableBytes).toBe(3);
    expect(run).toContain('out0[i] = in0[(int32_t)demo_constant_c');
    expect(run).not.toContain('clamp');
  });

  it('keeps the width of tables that arithmetic reads', () => {
    const { tables } = print(
      parse(`program(%0: i32[3]) {
  %1: i32[3] = constant() dtype=i32 shape=[3] value=[4,0,2]
  %2: i32[3] = add(%0, %1)
  return %2
}`),
    );
    expect(tables.join()).toContain('static const int32_t demo_constant');
  });

  it('lets no name of a layer out of its comment', () => {
    const program = parse(`program(%0: f32[5]) {
  %1: f32[5] = exp(%0)
  %2: f32[5] = reverse(%1) axis=0
  %3: f32[5] = concat(%2) axis=0
  return %1, %3
}`);
    const metadata = { layer: 'a*/ #include "evil.h"\n/*', name: '*/ int main(void) {} /*' };
    const instructions = program.instructions.map((instruction): Instruction => ({ ...instruction, metadata }));
    const { run } = print({ ...program, instructions });
    expect(run.replace(/\/\*.*?\*\//gs, '')).not.toMatch(/evil|main/);
  });
});
