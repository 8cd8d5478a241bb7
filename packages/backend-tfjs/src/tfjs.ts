/**
 * TensorFlow.js as a backend: any Program, training included, on the engine and the backend of it that the user chose.
 *
 * Floats stay on the device between runs; integers and bookkeeping are the host's, so that they are exact everywhere.
 */

import type {
  Backend,
  Capabilities,
  CompileOptions,
  DeviceLost,
  DeviceTensor,
  Executable,
  Program,
  TensorData,
  TensorType,
} from '@rheo/ir';
import { checkData, nestedPrograms, queueOf, RheoError, staticShape, valueTypes, verify } from '@rheo/ir';
import type { PassSwitches } from '@rheo/passes';
import { optimise, specialise, standardPasses } from '@rheo/passes';
import { checkModule, openEngine } from './engine.ts';
import type { ExecutableOwner } from './executable.ts';
import { TfjsExecutable } from './executable.ts';
import type { TfjsModule } from './runtime.ts';
import type { Device } from './tensor.ts';
import { checkOpen, ownTensor, TfjsTensor } from './tensor.ts';
import type { BoundType } from './value.ts';
import { Value } from './value.ts';
import { Worker } from './worker.ts';

/** Name of a backend of tfjs. Others that were registered work too. */
export type TfjsBackendName = 'cpu' | 'wasm' | 'webgl' | 'webgpu' | 'tensorflow' | (string & {});

/** Options of the backend. */
export interface TfjsBackendOptions {
  /** The module that you imported: `@tensorflow/tfjs-core` or one that contains it. */
  readonly tf: TfjsModule;
  /** Where tfjs computes; you imported the package that registers it. You get exactly this one, or an error. */
  readonly backend: TfjsBackendName;
}

/**
 * Creates a backend. Throws `argument` for a wrong option, and `capability` where tfjs is too old, or has no such
 * backend, or cannot start it.
 */
export async function tfjs(options: TfjsBackendOptions): Promise<Backend> {
  const { backend } = options;
  const tf = checkModule(options.tf);
  if (typeof backend !== 'string' || backend === '') throw argument('backend is missing', 'tfjs');
  const queue = queueOf(tf.engine());
  const engine = await queue.add(() => openEngine(tf, backend));
  return new TfjsBackend(new Worker(engine, queue));
}

class TfjsBackend implements Backend, ExecutableOwner {
  readonly spec = 1;
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly lost: Promise<DeviceLost>;
  readonly device: Device;
  readonly worker: Worker;
  readonly executables: Set<TfjsExecutable> = new Set();
  #lose: (lost: DeviceLost) => void = () => {};

  constructor(worker: Worker) {
    const { name, version, faults } = worker.engine;
    this.worker = worker;
    this.name = `tfjs/${name}`;
    this.device = { name: this.name, live: new Set(), open: true };
    const wrong = Object.entries(faults).filter(([, found]) => found);
    this.capabilities = {
      dtypes: ['f32', 'i32', 'u32', 'bool'],
      freeDims: true,
      synchronous: false,
      exactI32: true,
      passes: passNames,
      threads: 1,
      notes: [
        `tfjs-core ${version}`,
        'integers are computed on the host',
        ...(wrong.length > 0 ? [`lowered around: ${wrong.map(([fault]) => fault).join(', ')}`] : []),
      ],
    };
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    void worker.engine.loss.told.then((message) => this.#lose({ reason: 'lost', message }));
  }

  get liveTensors(): number {
    return this.device.live.size;
  }

  async compile(program: Program, options: CompileOptions = {}): Promise<Executable> {
    checkOpen(this.device);
    verify(program);
    const { donate = [], dims = {}, passes = {} } = options;
    for (const index of donate) {
      if (program.params[index] === undefined) throw argument(`there is no input ${index} to donate`, 'donate');
    }
    for (const name of Object.keys(passes)) {
      if (passNames.includes(name) || name === 'inlineCalls') continue;
      throw argument(`there is no pass "${name}" here; use one of ${passNames.join(', ')}`, 'compile option passes');
    }
    const bound = specialise(program, dims);
    refuseDoubles(bound);
    const ready = optimise(bound, { ...(passes as PassSwitches), inlineCalls: true });
    return new TfjsExecutable(this, ready, donate, new Map());
  }

  upload(data: TensorData, type: TensorType): DeviceTensor {
    checkOpen(this.device);
    if (!this.capabilities.dtypes.includes(type.dtype)) {
      throw new RheoError('dtype', {
        from: '@rheo/backend-tfjs',
        what: `has no ${type.dtype}`,
        remedy: 'Use f32, i32, u32 or bool',
      });
    }
    staticShape(type.shape);
    checkData(data, type, 'upload', '@rheo/backend-tfjs');
    return new TfjsTensor(this.device, type, Promise.resolve(new Value(type as BoundType, data.slice())));
  }

  async read(tensor: DeviceTensor): Promise<TensorData> {
    checkOpen(this.device);
    const value = await ownTensor(tensor, this.device, 'read').share();
    try {
      await this.worker.add(() => this.worker.fetch([value]));
      return (value.host as TensorData).slice();
    } finally {
      value.release();
    }
  }

  async dispose(): Promise<void> {
    if (!this.device.open) return;
    for (const executable of [...this.executables]) executable.dispose();
    for (const tensor of [...this.device.live]) tensor.dispose();
    this.device.open = false;
    await this.worker.queue.add(async () => undefined);
    this.#lose({ reason: 'disposed', message: `the backend ${this.name} was disposed` });
  }
}

/** Passes that a compile may switch. */
const passNames: readonly string[] = Object.keys(standardPasses).filter((name) => name !== 'inlineCalls');

function refuseDoubles(program: Program): void {
  if (valueTypes(program).some(({ dtype }) => dtype === 'f64')) {
    throw new RheoError('capability', {
      from: '@rheo/backend-tfjs',
      what: 'has no f64',
      remedy: 'Trace the Program in f32, or run it on the reference backend',
    });
  }
  for (const instruction of program.instructions) nestedPrograms(instruction).forEach(refuseDoubles);
}

function argument(what: string, where: string): RheoError {
  return new RheoError('argument', { from: '@rheo/backend-tfjs', what, where });
}
