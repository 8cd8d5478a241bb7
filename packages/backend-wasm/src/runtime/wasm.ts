/**
 * The WebAssembly backend: the embedded default for browsers, workers and Node.
 *
 * Code is generated at run time; there is no asset to load, and a page needs no more than `'wasm-unsafe-eval'`.
 * One memory holds tensors and workspaces of all executables and goes back with the backend.
 */

import { legalProgram, switchablePasses } from '@rheo/compiler';
import type {
  Capabilities,
  CompileOptions,
  DeviceLost,
  DeviceTensor,
  Program,
  SyncBackend,
  SyncExecutable,
  TensorData,
  TensorType,
} from '@rheo/ir';
import { checkData, elementCount, formatType, nestedPrograms, opKinds, RheoError, staticShape } from '@rheo/ir';
import type { OptionalPasses } from '@rheo/passes';
import { ModuleBuilder } from '../assembler/module-builder.ts';
import type { Target } from '../codegen/generate.ts';
import type { Crew } from '../threads/crew.ts';
import type { Team } from '../threads/gather-threads.ts';
import type { ExecutableOwner } from './executable.ts';
import { placeProgram, WasmExecutable } from './executable.ts';
import { Heap } from './heap.ts';
import { copyOut, WasmTensor, writeData } from './tensor.ts';

/** Options of the backend. */
export interface WasmOptions {
  /**
   * Threads that work on a run, the caller among them: 1 unless given. Results are bit-equal for any number. A number is
   * had or refused; 'auto' takes as many as there are processors, 8 at most, and one where a page is not cross-origin
   * isolated: `capabilities` says why.
   */
  readonly threads?: number | 'auto';
  /**
   * Arithmetic operations from which on a loop is shared out among threads; 1,000,000 unless given: less is over before
   * another thread is awake. 0 shares out every loop, for tests on small models.
   */
  readonly leastWork?: number;
  /** Limit of the memory in bytes; 2 GiB by default, which is also the most. */
  readonly maxBytes?: number;
  /** Passes beyond the standard ones that compile options may switch on: `optionalPasses` of @rheo/passes, or some. */
  readonly passes?: OptionalPasses;
}

/** The backend with what only this one has. */
export interface WasmBackend extends SyncBackend {
  /** Size of the WebAssembly memory now; it grows and is reused, and never shrinks. */
  readonly memoryBytes: number;
}

/**
 * Creates a WebAssembly backend. Throws `capability` where the engine has no WebAssembly SIMD or a number of threads cannot
 * be had, and `argument` for an option that does not exist or is out of range.
 */
export function wasm(options: WasmOptions = {}): Promise<WasmBackend> {
  return openWasm(options, false);
}

/** The same; `together` has the caller wait until every worker is at work before it takes a part, for tests. */
export async function openWasm(options: WasmOptions, together: boolean): Promise<WasmBackend> {
  checkOptions(options);
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(simdProbe())) {
    throw new RheoError('capability', {
      from: '@rheo/backend-wasm',
      what: 'this engine has no WebAssembly with 128-bit SIMD',
      remedy: 'Use a browser of 2023 or newer, Node 16 or newer, or another backend',
    });
  }
  const { threads = 1, leastWork, maxBytes = 2 ** 31, passes = {} } = options;
  if (threads === 1 && leastWork === undefined) return new Wasm(maxBytes, passes);
  // Pages on one thread do not load it.
  const { gatherThreads, usualLeastWork } = await import('../threads/gather-threads.ts');
  const team = await gatherThreads({ threads, maxBytes, leastWork: leastWork ?? usualLeastWork, together });
  return new Wasm(maxBytes, passes, team);
}

const optionNames: readonly string[] = ['leastWork', 'maxBytes', 'passes', 'threads'];

function checkOptions(options: WasmOptions): void {
  const fail = (what: string, remedy: string): never => {
    throw new RheoError('argument', { from: '@rheo/backend-wasm', what, where: 'wasm', remedy });
  };
  const unknown = Object.keys(options).find((name) => !optionNames.includes(name));
  if (unknown !== undefined) fail(`there is no option "${unknown}"`, `Use ${optionNames.join(', ')}`);
  const { maxBytes = 2 ** 31 } = options;
  if (!Number.isFinite(maxBytes) || maxBytes < 65536) fail(`maxBytes is ${maxBytes}`, 'Give at least 65536 bytes');
}

const oneThread: Team = { threads: 1, notes: ['one thread'] };

class Wasm implements WasmBackend, ExecutableOwner {
  readonly spec = 1;
  readonly name: string;
  readonly heap: Heap;
  readonly target: Target;
  readonly crew: Crew | undefined;
  readonly capabilities: Capabilities;
  readonly #passes: OptionalPasses;
  readonly lost: Promise<DeviceLost>;
  #lose: (lost: DeviceLost) => void = () => {};
  #open = true;
  /** Why nothing in the memory is to be relied on any more. */
  #failure: RheoError | undefined;
  #live = 0;
  readonly #executables = new Set<WasmExecutable>();

  constructor(maxBytes: number, passes: OptionalPasses, { threads, notes, employ }: Team = oneThread) {
    const employed = employ?.((failure) => {
      this.#failure = failure;
      this.#lose({ reason: 'lost', message: failure.details.what });
    });
    this.name = threads > 1 ? `wasm×${threads}` : 'wasm';
    this.heap = employed?.heap ?? new Heap(maxBytes);
    this.target = employed?.target ?? { memory: { min: 1 } };
    this.crew = employed?.crew;
    this.#passes = passes;
    this.capabilities = {
      dtypes: ['f32', 'i32', 'u32', 'bool'],
      freeDims: false,
      synchronous: true,
      exactI32: true,
      passes: switchablePasses(passes),
      threads,
      notes: ['128-bit SIMD', ...notes],
    };
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  get liveTensors(): number {
    return this.#live;
  }

  get memoryBytes(): number {
    return this.heap.bytes;
  }

  async compile(program: Program, options: CompileOptions = {}): Promise<SyncExecutable> {
    this.checkOpen();
    const legal = await legalProgram(program, options, {
      from: '@rheo/backend-wasm',
      factory: 'wasm',
      optional: this.#passes,
    });
    if (gathers(legal)) this.target.sums ??= await import('../codegen/sum-kernels.ts');
    this.checkOpen();
    const donate = new Set(options.donate ?? []);
    const placed = placeProgram(this, legal, new Set());
    let executable: WasmExecutable;
    try {
      const module = await WebAssembly.compile(placed.module.bytes);
      this.checkOpen();
      executable = new WasmExecutable(this, placed, module, donate, new Map());
    } catch (error) {
      this.heap.release(placed.workspace);
      throw error;
    }
    await executable.ready;
    return executable;
  }

  upload(data: TensorData, type: TensorType): DeviceTensor {
    this.checkOpen();
    if (!this.capabilities.dtypes.includes(type.dtype)) {
      throw new RheoError('dtype', {
        from: '@rheo/backend-wasm',
        what: `has no ${type.dtype}`,
        remedy: 'Use f32, i32, u32 or bool',
      });
    }
    staticShape(type.shape);
    checkData(data, type, 'upload', '@rheo/backend-wasm');
    const tensor = this.newTensor(type, `upload of ${formatType(type)}`);
    writeData(this.heap, tensor.address, data);
    return tensor;
  }

  async read(tensor: DeviceTensor): Promise<TensorData> {
    return this.readSync(tensor);
  }

  readSync(tensor: DeviceTensor, into?: TensorData): TensorData {
    this.checkOpen();
    if (!this.owns(tensor))
      throw new RheoError('backend', {
        from: '@rheo/backend-wasm',
        what: 'the tensor belongs to another backend',
        where: 'read',
      });
    tensor.check('read');
    return copyOut(this.heap, tensor, into);
  }

  async dispose(): Promise<void> {
    if (!this.#open) return;
    for (const executable of [...this.#executables]) executable.dispose();
    this.#open = false;
    this.#live = 0;
    this.#lose({ reason: 'disposed', message: 'the backend was disposed' });
    await this.crew?.dispose();
  }

  checkOpen(): void {
    if (this.#open && this.#failure !== undefined) throw this.#failure;
    if (this.#open) return;
    throw new RheoError('disposed', {
      from: '@rheo/backend-wasm',
      what: 'the backend was disposed',
      remedy: 'Create another with wasm()',
    });
  }

  owns(tensor: DeviceTensor): tensor is WasmTensor {
    return tensor instanceof WasmTensor && tensor.owner === this;
  }

  newTensor(type: TensorType, what: string): WasmTensor {
    const address = this.heap.allocate(elementCount(type.shape) * 4, what);
    this.#live++;
    return new WasmTensor(type, address, this);
  }

  ended(tensor: WasmTensor): void {
    if (!this.#open) return;
    this.#live--;
    this.heap.release(tensor.address);
  }

  opened(executable: WasmExecutable): void {
    this.#executables.add(executable);
  }

  closed(executable: WasmExecutable): void {
    this.#executables.delete(executable);
  }
}

/** True if a Program has ops whose kernels gather. */
function gathers({ instructions }: Program): boolean {
  return instructions.some(
    (found) =>
      opKinds[found.op] === 'reduce' ||
      found.op === 'argmax' ||
      found.op === 'scatter_add' ||
      nestedPrograms(found).some(gathers),
  );
}

function simdProbe(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const f = module.func('probe', { params: [], results: ['v128'] });
  f.f32x4Splat(0);
  f.op('f32x4.abs');
  return module.bytes();
}
