/**
 * Handles: numbers on the host, or a promise of them while the run that makes them waits in the queue.
 */

import type { DeviceTensor, TensorData, TensorType } from '@rheo/ir';
import { formatType, RheoError } from '@rheo/ir';
import type { Loss } from './loss.ts';

/** What all handles and executables of one backend share. */
export interface Device {
  readonly name: string;
  readonly live: Set<OnnxTensor>;
  readonly loss: Loss;
  open: boolean;
}

/** A tensor of this backend. Its content is never written to again. */
export class OnnxTensor implements DeviceTensor {
  readonly type: TensorType;
  readonly device: Device;
  readonly content: Promise<TensorData>;
  #state: 'live' | 'disposed' | 'donated' = 'live';

  static {
    // Older browsers have no Symbol.dispose; naming it there would define a method called "undefined".
    const symbol = (Symbol as { readonly dispose?: symbol }).dispose;
    if (symbol !== undefined) {
      Object.defineProperty(OnnxTensor.prototype, symbol, {
        value(this: OnnxTensor): void {
          this.dispose();
        },
      });
    }
  }

  constructor(device: Device, type: TensorType, content: Promise<TensorData>) {
    this.device = device;
    this.type = type;
    this.content = content;
    // A failure is told to whoever reads, not to the process.
    content.catch(() => undefined);
    device.live.add(this);
  }

  dispose(): void {
    this.end('disposed');
  }

  /** Ends the handle; ending it twice does nothing. */
  end(state: 'disposed' | 'donated'): void {
    if (this.#state !== 'live') return;
    this.#state = state;
    this.device.live.delete(this);
  }

  /** Throws `disposed` unless the handle can be used. */
  check(where: string): void {
    if (this.#state === 'live') return;
    throw new RheoError('disposed', {
      from: '@rheo/backend-onnx',
      what: this.#state === 'donated' ? 'the tensor was donated to an earlier run' : 'the tensor was disposed',
      where,
      shapes: [formatType(this.type)],
      remedy: 'Use the results of that run, or upload the data again',
    });
  }
}

/** The handle as one of this device that is alive. Throws `backend` or `disposed`. */
export function ownTensor(tensor: DeviceTensor, device: Device, where: string): OnnxTensor {
  if (!(tensor instanceof OnnxTensor) || tensor.device !== device) {
    throw new RheoError('backend', {
      from: '@rheo/backend-onnx',
      what: 'the handle belongs to another backend',
      where,
      remedy: 'Read it there and upload it here',
    });
  }
  tensor.check(where);
  return tensor;
}

/** Throws `disposed` after the end of the backend, `lost` after that of its device. */
export function checkUsable(device: Device): void {
  checkOpen(device);
  if (device.loss.error !== undefined) throw device.loss.error;
}

/** Throws `disposed` after the end of the backend. */
export function checkOpen(device: Device): void {
  if (device.open) return;
  throw new RheoError('disposed', {
    from: '@rheo/backend-onnx',
    what: 'the backend was disposed',
    remedy: 'Create another with onnx()',
  });
}
