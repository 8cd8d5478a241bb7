/**
 * Checks of what is passed to a run, against the contract: everything is refused before anything is done.
 */

import type { DeviceTensor, ErrorCode, TensorData, TensorType } from '@rheo/ir';
import { checkData, formatType, RheoError, sameType } from '@rheo/ir';
import { NativeTensor } from './tensor.ts';

/** A value at a place of an executable. */
export type Slot = DeviceTensor | TensorData;

/** An error of this package. */
export function fail(code: ErrorCode, what: string, where: string, remedy?: string): RheoError {
  return new RheoError(code, { from: '@rheo/backend-native', what, where, remedy });
}

/** True for handles, of whatever backend. */
export function isHandle(value: Slot): value is DeviceTensor {
  return !ArrayBuffer.isView(value);
}

/** Throws `argument` unless there are so many. */
export function expectCount(found: number, wanted: number, what: string): void {
  if (found !== wanted) throw fail('argument', `takes ${wanted} ${what}, not ${found}`, 'run');
}

/** Throws unless a value is usable at its place: a live handle of the backend `owner`, or host data of the type. */
export function checkSlot(value: Slot | undefined, type: TensorType, what: string, index: number, owner: object): void {
  if (value === undefined) throw fail('argument', `${what} ${index} is missing`, 'run');
  if (!isHandle(value)) {
    checkData(value, type, `${what} ${index}`, '@rheo/backend-native');
    return;
  }
  if (!(value instanceof NativeTensor) || value.owner !== owner) {
    throw fail('backend', `${what} ${index} belongs to another backend`, 'run', 'Read it there and upload it here');
  }
  if (!value.live) value.check(`${what} ${index}`);
  if (!sameType(value.type, type)) {
    throw fail(
      value.type.dtype === type.dtype ? 'shape' : 'dtype',
      `${what} ${index} must be ${formatType(type)}, not ${formatType(value.type)}`,
      'run',
    );
  }
}

/** Throws `argument` if a donated handle is passed twice. */
export function checkDonated(inputs: readonly DeviceTensor[], donate: ReadonlySet<number>): void {
  for (const index of donate) {
    const handle = inputs[index] as DeviceTensor;
    if (inputs.indexOf(handle) === inputs.lastIndexOf(handle)) continue;
    throw fail(
      'argument',
      `the handle of donated input ${index} is passed twice`,
      'run',
      'Upload a copy for the other use',
    );
  }
}
