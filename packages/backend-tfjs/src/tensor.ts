/**
 * Handles: a value on the host or the engine, or a promise of one while the run that makes it waits in the queue.
 */

import type { DeviceTensor, TensorType } from '@rheo/ir';
import { formatType, RheoError } from '@rheo/ir';
import type { Value } from './value.ts';

/** What all handles and executables of one backend share. */
export interface Device {
  readonly name: string;
  readonly live: Set<TfjsTensor>;
  open: boolean;
}

/** A tensor of this backend. Its content is never written to again. */
export class TfjsTensor implements DeviceTensor {
  readonly type: TensorType;
  readonly device: Device;
  readonly #content: Promise<Value>;
  #state: 'live' | 'disposed' | 'donated' = 'live';

  static {
    // Older browsers have no Symbol.dispose; naming it there would define a method called "undefined".
    const symbol = (Symbol as { readonly dispose?: symbol }).dispose;
    if (symbol !== undefined) {
      Object.defineProperty(TfjsTensor.prototype, symbol, {
        value(this: TfjsTensor): void {
          this.dispose();
        },
      });
    }
  }

  /** Takes over an owner of the content. */
  constructor(device: Device, type: TensorType, content: Promise<Value>) {
    this.device = device;
    this.type = type;
    this.#content = content;
    // A failure is told to whoever reads, not to the process.
    content.catch(() => undefined);
    device.live.add(this);
  }

  /** The content with another owner: whoever asked. It outlives the handle. */
  share(): Promise<Value> {
    const shared = this.#content.then((value) => value.retain());
    shared.catch(() => undefined);
    return shared;
  }

  dispose(): void {
    this.end('disposed');
  }

  /** Ends the handle; ending it twice does nothing. */
  end(state: 'disposed' | 'donated'): void {
    if (this.#state !== 'live') return;
    this.#state = state;
    this.device.live.delete(this);
    this.#content.then(
      (value) => value.release(),
      () => undefined,
    );
  }

  /** Throws `disposed` unless the handle can be used. */
  check(where: string): void {
    if (this.#state === 'live') return;
    throw new RheoError('disposed', {
      from: '@rheo/backend-tfjs',
      what: this.#state === 'donated' ? 'the tensor was donated to an earlier run' : 'the tensor was disposed',
      where,
      shapes: [formatType(this.type)],
      remedy: 'Use the results of that run, or upload the data again',
    });
  }
}

/** The handle as one of this device that is alive. Throws `backend` or `disposed`. */
export function ownTensor(tensor: DeviceTensor, device: Device, where: string): TfjsTensor {
  if (!(tensor instanceof TfjsTensor) || tensor.device !== device) {
    throw new RheoError('backend', {
      from: '@rheo/backend-tfjs',
      what: 'the handle belongs to another backend',
      where,
      remedy: 'Read it there and upload it here',
    });
  }
  tensor.check(where);
  return tensor;
}

/** Throws `disposed` after the end of the backend. */
export function checkOpen(device: Device): void {
  if (device.open) return;
  throw new RheoError('disposed', {
    from: '@rheo/backend-tfjs',
    what: 'the backend was disposed',
    remedy: 'Create another with tfjs()',
  });
}
