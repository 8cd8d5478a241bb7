/**
 * What the contract cases share: small Programs, and expectations about errors.
 */

import type { ErrorCode, Program, TensorData, TensorType } from '@rheo/ir';
import { isRheoError, ProgramBuilder } from '@rheo/ir';
import { expectThat } from '../conformance-case.ts';

/** f32[3]. */
export const vector: TensorType = { dtype: 'f32', shape: [3] };

/** (x, y) → (x + 2 y, x · y) on f32[3]. */
export const pairProgram: Program = (() => {
  const b = new ProgramBuilder();
  const [x, y] = [b.param(vector, 'x'), b.param(vector, 'y')];
  const twice = b.plain('mul', y, b.fill('f32', [3], 2));
  return b.build([b.plain('add', x, twice), b.plain('mul', x, y)]);
})();

/** What `pairProgram` gives. */
export function pairResults(x: ArrayLike<number>, y: ArrayLike<number>): [number[], number[]] {
  const both = Array.from(x, (a, i) => [a, y[i] ?? Number.NaN] as const);
  return [both.map(([a, b]) => a + 2 * b), both.map(([a, b]) => a * b)];
}

/** Expects a call to throw a `RheoError` of one of these codes before it returns. */
export function expectThrow(what: string, codes: readonly ErrorCode[], call: () => unknown): void {
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  expectCode(what, codes, error);
}

/** Expects a promise to be rejected, or its call to throw. */
export async function expectReject(
  what: string,
  codes: readonly ErrorCode[],
  call: () => Promise<unknown>,
): Promise<void> {
  let error: unknown;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  expectCode(what, codes, error);
}

/** Expects small integers (and sums and products of them) to the bit. */
export function expectNumbers(what: string, got: TensorData | undefined, wanted: readonly number[]): void {
  const found = [...(got ?? [])];
  const same = found.length === wanted.length && found.every((x, i) => Object.is(x, wanted[i]) || x === wanted[i]);
  expectThat(same, `${what}: expected [${wanted}], got [${found}]`);
}

function expectCode(what: string, codes: readonly ErrorCode[], error: unknown): void {
  expectThat(
    error !== undefined,
    `${what}: nothing is thrown, where a RheoError with code ${codes.join(' or ')} is due`,
  );
  const right = isRheoError(error) && codes.includes(error.code);
  expectThat(right, `${what}: a RheoError with code ${codes.join(' or ')} is due, not ${String(error)}`, {
    cause: error,
  });
}
