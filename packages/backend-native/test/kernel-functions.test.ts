/** Kernels that are alike share a function; those that are not, do not. */
import { parse } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { printProgram } from '../src/runtime/print-program.ts';

const target = { lanes: 4, registers: 16, title: 'narrow' } as const;

/** The functions of kernels, and the entry `run`. */
function functionsOf(text: string): { readonly kernels: string[]; readonly run: string } {
  const { source } = printProgram(parse(text), new Set(), { target });
  const functions = source.text.split('\n\n').filter((part) => /^(KERNEL |void )/m.test(part));
  const run = functions.find((part) => part.startsWith('void run')) ?? '';
  return { kernels: functions.filter((part) => part.includes('KERNEL ')), run };
}

describe('kernels of one function', () => {
  it('differ in their buffers only', () => {
    const { kernels, run } = functionsOf(`program(%0: f32[6], %1: f32[6], %2: f32[9]) {
  %3: f32[6] = tanh(%0) at "first"
  %4: f32[6] = tanh(%1) at "second"
  %5: f32[9] = tanh(%2)
  return %3, %4, %5
}`);
    expect(kernels.map((text) => text.split('{')[0])).toMatchInlineSnapshot(`
      [
        "/* first: tanh */
      KERNEL void map_0_tanh(float *out0, float *in0) ",
        "/* tanh */
      KERNEL void map_1_tanh(float *out2, float *in2) ",
      ]
    `);
    expect(run).toMatchInlineSnapshot(`
      "void run(void *const *table) {
        (void)table;
        /* Layer first */
        map_0_tanh(table[3], table[0]);
        /* Layer second */
        map_0_tanh(table[4], table[1]); /* second: tanh */
        map_1_tanh(table[5], table[2]);
      }
      "
    `);
  });

  it('have their loops around them, whatever their numbers', () => {
    const scan = (
      input: number,
      reverse: boolean,
    ): string => `scan(%${input}, %1) length=5 reverse=${reverse} consts=0 carries=1 body=program(%0: f32[2], %1: f32[2]) {
    %2: f32[2] = mul(%0, %1)
    %3: f32[2] = tanh(%2)
    return %3
  }`;
    const { kernels, run } = functionsOf(`program(%0: f32[2], %1: f32[5,2]) {
  %2: f32[2] = ${scan(0, false)}
  %3: f32[2] = ${scan(2, true)}
  return %3
}`);
    const called = [...run.matchAll(/(map_\d+\w*)\(.*?, (t\d+)\)/g)].map(([, name, loop]) => `${name} ${loop}`);
    expect(new Set(called.map((call) => call.split(' ')[1])).size).toBe(2);
    expect(new Set(called.map((call) => call.split(' ')[0])).size).toBe(1);
    expect(kernels.filter((text) => text.includes('tanh_f')).length).toBe(1);
  });

  it('name as many buffers: x - y and y - x are alike, x + x and x + y are not', () => {
    const { kernels } = functionsOf(`program(%0: f32[6], %1: f32[6]) {
  %2: f32[6] = sub(%0, %1)
  %3: f32[6] = sub(%1, %0)
  %4: f32[6] = add(%0, %0)
  %5: f32[6] = add(%0, %1)
  return %2, %3, %4, %5
}`);
    expect(kernels.length).toBe(3);
  });

  it('have elements of the same types', () => {
    const { kernels } = functionsOf(`program(%0: f32[6], %1: i32[6], %2: u32[6]) {
  %3: f32[6] = add(%0, %0)
  %4: i32[6] = add(%1, %1)
  %5: u32[6] = add(%2, %2)
  return %3, %4, %5
}`);
    expect(kernels.length).toBe(3);
  });
});
