/**
 * A handle of a tensor in a memory that this processor reads and writes.
 */

import type { DeviceTensor, TensorType } from '@rheo/ir';
import { formatType, RheoError } from '@rheo/ir';

/** What a handle belongs to. */
export interface TensorOwner<Place> {
  /** The package of the backend: `@rheo/backend-wasm`. */
  readonly from: string;
  /** Called once when a handle ends. */
  ended(tensor: LocalTensor<Place>): void;
}

/** A tensor at a place. */
export class LocalTensor<Place> implements DeviceTensor {
  readonly type: TensorType;
  readonly place: Place;
  readonly owner: TensorOwner<Place>;
  #state: 'live' | 'disposed' | 'donated' = 'live';

  static {
    // Older browsers have no Symbol.dispose; naming it there would define a method called "undefined".
    const symbol = (Symbol as { readonly dispose?: symbol }).dispose;
    if (symbol !== undefined) {
      Object.defineProperty(LocalTensor.prototype, symbol, {
        value(this: LocalTensor<unknown>): void {
          this.dispose();
        },
      });
    }
  }

  constructor(type: TensorType, place: Place, owner: TensorOwner<Place>) {
    this.type = type;
    this.place = place;
    this.owner = owner;
  }

  get live(): boolean {
    return this.#state === 'live';
  }

  dispose(): void {
    this.end('disposed');
  }

  /** Ends the handle; ending it twice does nothing. */
  end(state: 'disposed' | 'donated'): void {
    if (this.#state !== 'live') return;
    this.#state = state;
    this.owner.ended(this);
  }

  /** Throws `disposed` unless the handle can be used. */
  check(where: string): void {
    if (this.#state === 'live') return;
    throw new RheoError('disposed', {
      from: this.owner.from,
      what: this.#state === 'donated' ? 'the tensor was donated to an earlier run' : 'the tensor was disposed',
      where,
      shapes: [formatType(this.type)],
      remedy: 'Use the results of that run, or upload the data again',
    });
  }
}
