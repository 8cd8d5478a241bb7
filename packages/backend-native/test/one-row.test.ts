/** Products of one row walk large weights forth and back: in any turn the same bits, and the right ones. */

import { evaluate, parse, tensorType } from '@rheo/ir';
import { expect, it } from 'vitest';
import { native } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

it.each([
  { terms: 128, columns: 128 },
  { terms: 100, columns: 200 },
  { terms: 300, columns: 256 },
  { terms: 257, columns: 391 },
  { terms: 40, columns: 128 },
])('$terms terms, $columns columns', async ({ terms, columns }) => {
  const program = parse(`program(%0: f32[${terms},${columns}], %1: f32[1,${terms}], %2: f32[${columns}]) {
  %3: f32[1,${columns}] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
  %4: f32[1,${columns}] = broadcast(%2) shape=[1,${columns}] axes=[1]
  %5: f32[1,${columns}] = add(%3, %4)
  %6: f32[1,${columns}] = tanh(%5)
  return %6
}`);
  const wave = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => 0.2 * Math.sin((i + 1) * scale));
  const inputs = [wave(terms * columns, 1.7), wave(terms, 0.6), wave(columns, 2.9)] as const;
  const backend = await native({ cacheFolder });
  const executable = await backend.compile(program);
  const weights = backend.upload(inputs[0], tensorType('f32', [terms, columns]));
  const bound = executable.bind(new Map([[0, weights]]));
  const text = await backend.source(program);
  const walks = terms * columns * 4 > 2 ** 15;
  expect(/back_\d/.test(text)).toBe(walks);
  const [exact = []] = evaluate(program, [...inputs]);
  const first = new Float32Array(columns);
  bound.runInto(inputs.slice(1), [first]);
  Array.from(exact, Number).forEach((value, column) => {
    expect(Math.abs((first[column] as number) - value)).toBeLessThan(2e-6);
  });
  for (let turn = 0; turn < 3; turn++) {
    const again = new Float32Array(columns);
    bound.runInto(inputs.slice(1), [again]);
    expect(again).toEqual(first);
  }
  await backend.dispose();
});
