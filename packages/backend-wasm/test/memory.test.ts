/** Programs whose values would be read too late, too early or past the end of memory, against the reference interpreter. */
import type { DeviceTensor } from '@rheo/ir';
import { evaluate, parse } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { wasm } from '../src/index.ts';

async function expectSame(text: string, tolerance = 1e-5): Promise<void> {
  const backend = await wasm();
  const program = parse(text);
  const inputs = program.params.map(({ type }, seed) => {
    const length = type.shape.reduce<number>((product, dim) => product * Number(dim), 1);
    return type.dtype === 'i32'
      ? new Int32Array(length)
      : Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * (seed + 1.7)));
  });
  const executable = await backend.compile(program);
  const found = executable.run(program.params.map(({ type }, i) => backend.upload(inputs[i] as Float32Array, type)));
  evaluate(program, inputs).forEach((wanted, result) => {
    const got = backend.readSync(found[result] as DeviceTensor);
    wanted.forEach((x, i) => {
      expect(Math.abs((got[i] ?? Number.NaN) - x), `result ${result}[${i}]`).toBeLessThan(
        tolerance * (1 + Math.abs(x)),
      );
    });
  });
  await backend.dispose();
}

describe('a carry that is overwritten in place', () => {
  it('is packed again for a second product in a scan', () =>
    expectSame(`program(%0: f32[3,3], %1: f32[4,3,3], %2: f32[3,3]) {
  %3: f32[3,3], %4: f32[4,3,3], %5: f32[4,3,3] = scan(%2, %0, %1) length=4 reverse=false consts=1 carries=1 body=program(%0: f32[3,3], %1: f32[3,3], %2: f32[3,3]) {
    %3: f32[3,3] = dot(%0, %1) contract=[[1],[0]] batch=[[],[]]
    %4: f32[3,3] = add(%1, %2)
    %5: f32[3,3] = dot(%0, %4) contract=[[1],[0]] batch=[[],[]]
    return %4, %3, %5
  }
  return %3, %4, %5
}`));

  it('is packed again for a second product in a while', () =>
    expectSame(`program(%0: f32[3,3], %1: f32[3,3], %2: i32[]) {
  %3: i32[], %4: f32[3,3], %5: f32[3,3], %6: f32[3,3] = while(%0, %2, %1, %0, %0) consts=1 cond=program(%0: f32[3,3], %1: i32[], %2: f32[3,3], %3: f32[3,3], %4: f32[3,3]) {
    %5: i32[] = constant() dtype=i32 shape=[] value=[3]
    %6: bool[] = lt(%1, %5)
    return %6
  } body=program(%0: f32[3,3], %1: i32[], %2: f32[3,3], %3: f32[3,3], %4: f32[3,3]) {
    %5: i32[] = constant() dtype=i32 shape=[] value=[1]
    %6: i32[] = add(%1, %5)
    %7: f32[3,3] = dot(%0, %2) contract=[[1],[0]] batch=[[],[]]
    %8: f32[3,3] = add(%2, %0)
    %9: f32[3,3] = dot(%0, %8) contract=[[1],[0]] batch=[[],[]]
    return %6, %8, %7, %9
  }
  return %3, %4, %5, %6
}`));

  it('is not read through a reshape of another carry that is copied after it', () =>
    expectSame(`program(%0: f32[2,3], %1: f32[2,3]) {
  %2: f32[2,3], %3: f32[2,3] = scan(%0, %1) length=3 reverse=false consts=0 carries=2 body=program(%0: f32[2,3], %1: f32[2,3]) {
    %2: f32[3,2] = transpose(%1) permutation=[1,0]
    %3: f32[2,3] = reshape(%2) shape=[2,3]
    %4: f32[3,2] = transpose(%0) permutation=[1,0]
    %5: f32[2,3] = reshape(%4) shape=[2,3]
    return %3, %5
  }
  return %2, %3
}`));
});

describe('vectors that run over the end of a short result', () => {
  it('read a far column of a large matrix, forwards and backwards', async () => {
    const column = (at: number, last: string): string => `program(%0: f32[5,300000]) {
  %1: f32[5,1] = slice(%0) axis=1 start=${at} limit=${at + 1}
  %2: f32[5] = reshape(%1) shape=[5]
  ${last}
}`;
    const backwards = '%3: f32[5] = reverse(%2) axis=0\n  %4: f32[5] = neg(%3)\n  return %4';
    await expectSame(column(299999, '%3: f32[5] = neg(%2)\n  return %3'));
    await expectSame(column(0, backwards));
  });
});
