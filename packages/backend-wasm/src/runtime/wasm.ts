/**
 * The WebAssembly backend: the embedded default for browsers, workers and Node.
 *
 * Code is generated at run time; there is no asset to load, and a page needs no more than `'wasm-unsafe-eval'`.
 * One memory holds tensors and workspaces of all executables and goes back with the backend.
 */

import { LocalExecutable, LocalStore, legalProgram, localDTypes, signatureOf, switchablePasses } from '@rheo/compiler';
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
import { nestedPrograms, opKinds, RheoError } from '@rheo/ir';
import type { OptionalPasses } from '@rheo/passes';
import { ModuleBuilder } from '../assembler/module-builder.ts';
import type { Target } from '../codegen/generate.ts';
import type { Crew } from '../threads/crew.ts';
import type { Team } from '../threads/gather-threads.ts';
import type { CodeHost } from './code.ts';
import { placeProgram, WasmCode } from './code.ts';
import { Heap } from './heap.ts';
import { memoryOf } from './memory.ts';

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

class Wasm implements WasmBackend, CodeHost {
  readonly spec = 1;
  readonly name: string;
  readonly heap: Heap;
  readonly target: Target;
  readonly crew: Crew | undefined;
  readonly capabilities: Capabilities;
  readonly lost: Promise<DeviceLost>;
  readonly #passes: OptionalPasses;
  readonly #store: LocalStore<number>;

  constructor(maxBytes: number, passes: OptionalPasses, { threads, notes, employ }: Team = oneThread) {
    const employed = employ?.((failure) => this.#store.lose(failure));
    this.name = threads > 1 ? `wasm×${threads}` : 'wasm';
    this.heap = employed?.heap ?? new Heap(maxBytes);
    this.target = employed?.target ?? { memory: { min: 1 } };
    this.crew = employed?.crew;
    this.#passes = passes;
    this.#store = new LocalStore('@rheo/backend-wasm', 'wasm', memoryOf(this.heap));
    this.lost = this.#store.lost;
    this.capabilities = {
      dtypes: localDTypes,
      freeDims: false,
      synchronous: true,
      exactI32: true,
      passes: switchablePasses(passes),
      threads,
      notes: ['128-bit SIMD', ...notes],
    };
  }

  get liveTensors(): number {
    return this.#store.liveTensors;
  }

  get memoryBytes(): number {
    return this.heap.bytes;
  }

  async compile(program: Program, options: CompileOptions = {}): Promise<SyncExecutable> {
    this.#store.checkOpen();
    const legal = await legalProgram(program, options, {
      from: '@rheo/backend-wasm',
      factory: 'wasm',
      optional: this.#passes,
    });
    if (gathers(legal)) this.target.sums ??= await import('../codegen/sum-kernels.ts');
    this.#store.checkOpen();
    const placed = placeProgram(this, legal, new Set());
    let code: WasmCode;
    try {
      const module = await WebAssembly.compile(placed.module.bytes);
      this.#store.checkOpen();
      code = new WasmCode(this, placed, module);
    } catch (error) {
      this.heap.release(placed.workspace);
      throw error;
    }
    const executable = new LocalExecutable(signatureOf(legal), code, this.#store, new Set(options.donate ?? []));
    await code.ready;
    return executable;
  }

  upload(data: TensorData, type: TensorType): DeviceTensor {
    return this.#store.upload(data, type);
  }

  async read(tensor: DeviceTensor): Promise<TensorData> {
    return this.#store.readSync(tensor);
  }

  readSync(tensor: DeviceTensor, into?: TensorData): TensorData {
    return this.#store.readSync(tensor, into);
  }

  async dispose(): Promise<void> {
    if (this.#store.close()) await this.crew?.dispose();
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
