/** What a call throws: a DataError whose fields are checked for the form that all of them promise. */
import { isRheoError } from '@rheo/ir';
import { expect } from 'vitest';
import { DataError } from '../src/index.ts';

/** Runs `call` and gives its DataError; anything else fails the test. */
export function dataError(call: () => unknown): DataError {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  return checked(thrown);
}

/** The same for a promise. */
export async function dataErrorOf(promise: Promise<unknown>): Promise<DataError> {
  return checked(
    await promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
}

function checked(thrown: unknown): DataError {
  if (!(thrown instanceof DataError)) throw new Error(`expected a DataError, got ${thrown}`, { cause: thrown });
  expect(thrown.message.startsWith('@rheo/data: ')).toBe(true);
  expect(thrown.message).toContain(thrown.details.remedy);
  expect(thrown.details.remedy).toMatch(/\.$/);
  expect(thrown.message).not.toMatch(/\p{Cc}|undefined|NaN elements/u);
  expect(isRheoError(thrown)).toBe(true);
  return thrown;
}
