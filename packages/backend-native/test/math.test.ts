/** Elementary functions over floats of every size, against double precision; the bounds are those of the README. */
import { parse, referenceBackend, tensorType } from '@rheo/ir';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NativeBackend } from '../src/index.ts';
import { native } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();
let backend: NativeBackend;
beforeAll(async () => {
  backend = await native({ cacheFolder });
});
afterAll(() => backend.dispose());

const count = 2 ** 18;
/** Floats of both signs, all exponents and many mantissas; then the special ones. */
const inputs = new Float32Array(count);
const bits = new Uint32Array(inputs.buffer);
for (let i = 0; i < count; i++) bits[i] = Math.imul(i, 16381) >>> 0;
const special = [0, -0, Infinity, -Infinity, NaN, 1e-45, -1e-45, 88.72, 88.73, -103.9, -104, 3.4e38, -1, 1, 2 ** 23];
inputs.set(special, 0);

const program = (op: string, type: string) =>
  parse(`program(%0: ${type}[${count}]) {\n  %1: ${type}[${count}] = ${op}(%0)\n  return %1\n}`);

/** Distance in units of the last place of the exact result. */
function ulps(found: number, exact: number): number {
  if (Number.isNaN(exact)) return Number.isNaN(found) ? 0 : Infinity;
  const wanted = Math.fround(exact);
  if (found === wanted) return Object.is(found, 0) === Object.is(wanted, 0) ? 0 : Infinity;
  if (!Number.isFinite(found) && !Number.isFinite(wanted)) return Infinity;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.min(Math.abs(exact), 3.4e38))));
  return Math.abs(found - exact) / 2 ** (exponent - 23);
}

describe('is within its bound of', () => {
  it.each([
    ['exp', 4, Infinity],
    ['expm1', 4, Infinity],
    ['log', 2, Infinity],
    ['log1p', 2, Infinity],
    ['tanh', 4, Infinity],
    ['logistic', 4, Infinity],
    ['erf', 4, Infinity],
    ['sin', 3, 8192],
    ['cos', 3, 8192],
    ['floor', 0, Infinity],
    ['sqrt', 0.5, Infinity],
  ] as const)('%s', async (op, bound, range) => {
    const reference = referenceBackend();
    const exactOf = await reference.compile(program(op, 'f64'));
    const doubles = Float64Array.from(inputs);
    const [exact] = exactOf.run([reference.upload(doubles, tensorType('f64', [count]))]);
    const executable = await backend.compile(program(op, 'f32'));
    const found = new Float32Array(count);
    executable.runInto([inputs], [found]);
    const wanted = exact === undefined ? [] : await reference.read(exact);
    let worst = { error: 0, at: 0 };
    for (let i = 0; i < count; i++) {
      const x = inputs[i] as number;
      if (Math.abs(x) > range) continue;
      const error = ulps(found[i] as number, wanted[i] as number);
      if (error > worst.error) worst = { error, at: x };
    }
    expect(worst.error, `at ${worst.at}`).toBeLessThanOrEqual(bound);
  });
});
