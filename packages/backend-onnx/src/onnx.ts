/**
 * ONNX Runtime as a backend: any Program, training included, on the runtime and the provider that the user chose.
 *
 * Tensors are on the host between runs. A provider that lacks a kernel may hand single nodes to its own processor
 * fallback, as ONNX Runtime does; the provider itself is never exchanged for another.
 */

import type {
  Backend,
  Capabilities,
  CompileOptions,
  DeviceLost,
  DeviceTensor,
  Executable,
  Program,
  Queue,
  TensorData,
  TensorType,
} from '@rheo/ir';
import { checkData, nestedPrograms, parse, queueOf, RheoError, staticShape, valueTypes, verify } from '@rheo/ir';
import { toOnnx } from '@rheo/onnx';
import type { PassSwitches } from '@rheo/passes';
import { optimise, optionalPasses, specialise, standardPasses } from '@rheo/passes';
import type { ExecutableOwner } from './executable.ts';
import { OnnxExecutable } from './executable.ts';
import type { Engine, OnnxRuntime, Provider } from './runtime.ts';
import { openEngine } from './runtime.ts';
import type { Device } from './tensor.ts';
import { checkOpen, checkUsable, OnnxTensor, ownTensor } from './tensor.ts';

/** Options of the backend. */
export interface OnnxBackendOptions {
  /** The module that you imported: onnxruntime-node or onnxruntime-web. */
  readonly runtime: OnnxRuntime;
  /** Where the engine computes. You get exactly this one, or an error that says what was found. */
  readonly provider: Provider;
  /** Threads of one run; 1 unless given. onnxruntime-web reads it when its first session is made. */
  readonly threads?: number;
}

/**
 * Creates a backend. Throws `argument` for a wrong option, and `capability` where the runtime has no such provider.
 */
export async function onnx(options: OnnxBackendOptions): Promise<Backend> {
  const { runtime, provider, threads = 1 } = options;
  if (typeof provider !== 'string' || provider === '') throw argument('provider is missing', 'onnx');
  if (!Number.isInteger(threads) || threads < 1) throw argument(`threads is ${threads}`, 'onnx');
  const probe = toOnnx(parse('program(%0: f32[1]) {\n  %1: f32[1] = neg(%0)\n  return %1\n}'));
  if (runtime === null || typeof runtime !== 'object') throw argument('runtime is not a module', 'onnx');
  const queue = queueOf(runtime);
  const engine = await queue.add(() => openEngine(runtime, provider, threads, probe));
  return new OnnxBackend(engine, queue, threads);
}

class OnnxBackend implements Backend, ExecutableOwner {
  readonly spec = 1;
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly lost: Promise<DeviceLost>;
  readonly device: Device;
  readonly engine: Engine;
  readonly queue: Queue;
  readonly executables: Set<OnnxExecutable> = new Set();
  #lose: (lost: DeviceLost) => void = () => {};

  constructor(engine: Engine, queue: Queue, threads: number) {
    this.engine = engine;
    this.queue = queue;
    this.name = `onnx/${engine.name}`;
    this.device = { name: this.name, live: new Set(), loss: engine.loss, open: true };
    this.capabilities = {
      dtypes: ['f32', 'i32', 'u32', 'bool'],
      freeDims: true,
      synchronous: false,
      exactI32: true,
      passes: passNames,
      threads,
      notes: [`execution provider ${engine.provider}`, 'tensors are on the host between runs'],
    };
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    engine.loss.happened.then(
      (message) => this.#lose({ reason: 'lost', message }),
      () => undefined,
    );
  }

  get liveTensors(): number {
    return this.device.live.size;
  }

  async compile(program: Program, options: CompileOptions = {}): Promise<Executable> {
    checkUsable(this.device);
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
    const ready = optimise(bound, { ...dispatched, ...(passes as PassSwitches), inlineCalls: true }, optionalPasses);
    const executable = new OnnxExecutable(this, ready, donate, new Map());
    try {
      await this.queue.add(() => executable.sessions.get({}));
    } catch (error) {
      executable.dispose();
      throw error;
    }
    return executable;
  }

  upload(data: TensorData, type: TensorType): DeviceTensor {
    checkUsable(this.device);
    if (!this.capabilities.dtypes.includes(type.dtype)) {
      throw new RheoError('dtype', {
        from: '@rheo/backend-onnx',
        what: `has no ${type.dtype}`,
        remedy: 'Use f32, i32, u32 or bool',
      });
    }
    staticShape(type.shape);
    checkData(data, type, 'upload', '@rheo/backend-onnx');
    return new OnnxTensor(this.device, type, Promise.resolve(data.slice()));
  }

  async read(tensor: DeviceTensor): Promise<TensorData> {
    checkOpen(this.device);
    const data = await ownTensor(tensor, this.device, 'read').content;
    return data.slice();
  }

  async dispose(): Promise<void> {
    if (!this.device.open) return;
    for (const executable of [...this.executables]) executable.dispose();
    for (const tensor of [...this.device.live]) tensor.dispose();
    this.device.open = false;
    await this.queue.add(async () => undefined);
    this.#lose({ reason: 'disposed', message: `the backend ${this.name} was disposed` });
    await this.queue.add(() => this.engine.close().catch(() => undefined));
  }
}

/** Passes that a compile may switch. */
const passNames: readonly string[] = [...Object.keys(standardPasses), ...Object.keys(optionalPasses)].filter(
  (name) => name !== 'inlineCalls',
);

/**
 * On unless switched off: the engine pays for each node of each step, so the masks of dropout, which take 150 nodes, are
 * made for all steps at once. sinkOutputs is left off: a CfC of 64 units trains 9 % faster with it, an LTC 20 % slower.
 */
const dispatched: PassSwitches = { hoistStreamed: true };

function refuseDoubles(program: Program): void {
  if (valueTypes(program).some(({ dtype }) => dtype === 'f64')) {
    throw new RheoError('capability', {
      from: '@rheo/backend-onnx',
      what: 'has no f64',
      remedy: 'Trace the Program in f32, or run it on the reference backend',
    });
  }
  for (const instruction of program.instructions) nestedPrograms(instruction).forEach(refuseDoubles);
}

function argument(what: string, where: string): RheoError {
  return new RheoError('argument', { from: '@rheo/backend-onnx', what, where });
}
