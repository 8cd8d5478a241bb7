/**
 * The reference interpreter behind the backend contract: slow, exact, on this thread, with every rule honoured except
 * that `runInto` allocates. Other backends are compared with it; f32 is kept in double between runs unless `single`.
 */

import type {
  Capabilities,
  CompileOptions,
  DeviceLost,
  DeviceTensor,
  SyncBackend,
  SyncExecutable,
} from '../backend.ts';
import type { Program } from '../ops.ts';
import { dimensionNames } from '../program.ts';
import type { TensorData, TensorType } from '../types.ts';
import { allocate, checkData, dtypes, elementCount } from '../types.ts';
import { verify } from '../verify.ts';
import { preparedKernel, toStorage } from './evaluate.ts';
import { ReferenceExecutable } from './executable.ts';
import { checkedDims } from './infer-dims.ts';
import type { Precision } from './prepare.ts';
import { bindType } from './prepare.ts';
import type { Device } from './tensor.ts';
import { checkAlive, contentOf, ownTensor, ReferenceTensor } from './tensor.ts';

/** Options of `referenceBackend`. */
export interface ReferenceOptions {
  /** How f32 is computed; `double` unless given. */
  readonly precision?: Precision;
}

/** A backend that interprets; has every dtype, and leaves dimensions free. */
export function referenceBackend(options: ReferenceOptions = {}): SyncBackend {
  return new ReferenceBackend(options.precision ?? 'double');
}

class ReferenceBackend implements SyncBackend {
  readonly spec: 1 = 1;
  readonly name: string = 'reference';
  readonly capabilities: Capabilities;
  readonly lost: Promise<DeviceLost>;
  readonly #device: Device;
  #end: (lost: DeviceLost) => void = () => {};

  constructor(precision: Precision) {
    this.#device = { precision, live: new Set(), disposed: false };
    this.capabilities = {
      dtypes,
      freeDims: true,
      synchronous: true,
      exactI32: true,
      threads: 1,
      notes: [`f32 is computed in ${precision}`],
    };
    this.lost = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get liveTensors(): number {
    return this.#device.live.size;
  }

  async compile(program: Program, options: CompileOptions = {}): Promise<SyncExecutable> {
    checkAlive(this.#device);
    verify(program);
    const executable = new ReferenceExecutable(
      this.#device,
      program,
      options,
      program.params.map(() => undefined),
    );
    const dims = checkedDims(options.dims ?? {});
    // With every size known, what is wrong with a size is wrong now.
    if (dimensionNames(program).every((name) => name in dims)) preparedKernel(program, dims, this.#device.precision);
    return executable;
  }

  upload(data: TensorData, type: TensorType): DeviceTensor {
    checkAlive(this.#device);
    checkData(data, type, 'upload');
    const stored = toStorage(data, bindType(type, {}), this.#device.precision, 'upload');
    return new ReferenceTensor(this.#device, type, stored === data ? data.slice() : stored);
  }

  async read(tensor: DeviceTensor): Promise<TensorData> {
    return this.readSync(tensor);
  }

  readSync(tensor: DeviceTensor, into?: TensorData): TensorData {
    const handle = ownTensor(tensor, this.#device, 'read');
    const { type } = handle;
    const data = contentOf(handle);
    if (into !== undefined) checkData(into, type, 'read');
    const out = into ?? allocate(type.dtype, elementCount(type.shape));
    out.set(data);
    return out;
  }

  async dispose(): Promise<void> {
    if (this.#device.disposed) return;
    for (const tensor of this.#device.live) tensor.dispose();
    this.#device.disposed = true;
    this.#end({ reason: 'disposed', message: 'the reference backend was disposed' });
  }
}
