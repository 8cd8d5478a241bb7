/**
 * Checks of what is passed to a run, against the contract. Nothing is put together for an error that does not come: these
 * run in every streaming step.
 */

import type { DeviceTensor, ErrorCode, TensorData, TensorType } from '@rheo/ir';
import { checkData, formatType, RheoError, sameType } from '@rheo/ir';
import type { LocalStore } from './local-store.ts';

/** Checks for the values of one backend. */
export class Slots<Place> {
  readonly #store: LocalStore<Place>;

  constructor(store: LocalStore<Place>) {
    this.#store = store;
  }

  /** An error of the backend. */
  fail(code: ErrorCode, what: string, where: string, remedy?: string): RheoError {
    return new RheoError(code, { from: this.#store.from, what, where, remedy });
  }

  /** Throws `argument` unless there are so many. */
  expectCount(found: number, wanted: number, what: string): void {
    if (found !== wanted) throw this.fail('argument', `takes ${wanted} ${what}, not ${found}`, 'run');
  }

  /** Throws unless a value is usable at its place: a live handle of this backend, or host data of the type. */
  check(value: DeviceTensor | TensorData | undefined, type: TensorType, what: string, index: number): void {
    if (value === undefined) throw this.fail('argument', `${what} ${index} is missing`, 'run');
    if (ArrayBuffer.isView(value)) {
      checkData(value, type, `${what} ${index}`, this.#store.from);
      return;
    }
    if (!this.#store.owns(value)) {
      const remedy = 'Read it there and upload it here';
      throw this.fail('backend', `${what} ${index} belongs to another backend`, 'run', remedy);
    }
    if (!value.live) value.check(`${what} ${index}`);
    if (sameType(value.type, type)) return;
    const code = value.type.dtype === type.dtype ? 'shape' : 'dtype';
    throw this.fail(code, `${what} ${index} must be ${formatType(type)}, not ${formatType(value.type)}`, 'run');
  }

  /** Throws `argument` if a donated handle is passed twice. */
  checkDonated(inputs: readonly DeviceTensor[], donate: ReadonlySet<number>): void {
    for (const index of donate) {
      const handle = inputs[index] as DeviceTensor;
      if (inputs.indexOf(handle) === inputs.lastIndexOf(handle)) continue;
      const what = `the handle of donated input ${index} is passed twice`;
      throw this.fail('argument', what, 'run', 'Upload a copy for the other use');
    }
  }
}
