/**
 * Handles of the reference backend, and what they share: which device made them, whether it lives, how many live.
 */

import type { DeviceTensor } from '../backend.ts';
import { RheoError } from '../errors.ts';
import type { TensorData, TensorType } from '../types.ts';
import type { Precision } from './prepare.ts';

/** What all handles and executables of one backend share. */
export interface Device {
  readonly precision: Precision;
  readonly live: Set<ReferenceTensor>;
  disposed: boolean;
}

/** A handle: numbers, the failure of the run that should have made them, or nothing after its end. */
export class ReferenceTensor implements DeviceTensor {
  readonly type: TensorType;
  readonly device: Device;
  content: TensorData | RheoError | undefined;

  constructor(device: Device, type: TensorType, content: TensorData | RheoError) {
    this.device = device;
    this.type = type;
    this.content = content;
    device.live.add(this);
  }

  dispose(): void {
    this.content = undefined;
    this.device.live.delete(this);
  }
}

/** The handle as one of this device that is alive. Throws `backend` or `disposed`. */
export function ownTensor(tensor: DeviceTensor, device: Device, where: string): ReferenceTensor {
  checkAlive(device);
  if (!(tensor instanceof ReferenceTensor) || tensor.device !== device) {
    throw new RheoError('backend', {
      from: '@rheo/ir',
      what: 'the handle belongs to another backend',
      where,
      remedy: 'Read it there and upload it here',
    });
  }
  if (tensor.content !== undefined) return tensor;
  throw new RheoError('disposed', { from: '@rheo/ir', what: 'the handle was disposed or donated', where });
}

/** Numbers of a live handle. Throws the failure that it holds instead. */
export function contentOf(tensor: ReferenceTensor): TensorData {
  const { content } = tensor;
  if (content === undefined || content instanceof RheoError) throw content ?? new Error('the handle has ended');
  return content;
}

/** Throws `disposed` after the end of the backend. */
export function checkAlive(device: Device): void {
  if (device.disposed)
    throw new RheoError('disposed', { from: '@rheo/ir', what: 'the reference backend was disposed' });
}
