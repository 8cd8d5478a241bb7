import { parse, print } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { optimise } from '../src/index.ts';
import { stable } from '../src/stable.ts';

const softplus = parse(`program(%0: f32[4]) {
  %1: f32[4] = exp(%0)
  %2: f32[4] = log1p(%1)
  return %2
}`);

describe('stable', () => {
  it('gives log(1 + exp x) the form that cannot overflow, once', () => {
    const found = stable(softplus);
    expect(found.instructions.map(({ op }) => op)).toEqual([
      'exp',
      'abs',
      'neg',
      'exp',
      'log1p',
      'constant',
      'broadcast',
      'max',
      'add',
    ]);
    expect(print(stable(found))).toBe(print(found));
    expect(print(optimise(optimise(softplus)))).toBe(print(optimise(softplus)));
  });

  it('leaves that form alone where it was written by hand', () => {
    const written = parse(`program(%0: f32[4]) {
  %1: f32[4] = abs(%0)
  %2: f32[4] = neg(%1)
  %3: f32[4] = exp(%2)
  %4: f32[4] = log1p(%3)
  return %4
}`);
    expect(stable(written)).toBe(written);
  });
});
