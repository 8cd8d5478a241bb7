/**
 * The native backend: C generated at run time, built by the system's compiler, kept on disk, loaded into this process.
 */

import { availableParallelism } from 'node:os';
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
import { allocate, checkData, elementCount, formatType, RheoError, staticShape } from '@rheo/ir';
import type { OptionalPasses } from '@rheo/passes';
import { usualLeastWork } from '../codegen/print-source.ts';
import type { Target } from '../codegen/target.ts';
import type { ObjectSource } from '../toolchain/build.ts';
import { buildObject, buildObjectSync } from '../toolchain/build.ts';
import type { Compiler } from '../toolchain/find-compiler.ts';
import { findCompiler } from '../toolchain/find-compiler.ts';
import type { Foreign, LoadedObject } from '../toolchain/foreign.ts';
import { loadForeign } from '../toolchain/foreign.ts';
import { defaultCacheFolder, ObjectCache } from '../toolchain/object-cache.ts';
import type { Team } from '../toolchain/team.ts';
import { openTeam } from '../toolchain/team.ts';
import type { ExecutableOwner } from './executable.ts';
import { NativeExecutable, printProgram } from './executable.ts';
import { Heap } from './heap.ts';
import { NativeTensor, readData, writeData } from './tensor.ts';

/** Options of the backend. */
export interface NativeOptions {
  /** Folder for built objects, private to the user; made if it is not there. The user's cache folder unless given. */
  readonly cacheFolder?: string;
  /**
   * Threads that work on a run, the caller among them: 1 unless given. Results are bit-equal for any number. 'auto' takes
   * as many as there are processors, 8 at most.
   */
  readonly threads?: number | 'auto';
  /**
   * Arithmetic operations from which on a loop is shared out among threads; 1,000,000 unless given: less is over before
   * another thread is awake. 0 shares out every loop, for tests on small models.
   */
  readonly leastWork?: number;
  /** Limit of the memory in bytes; none unless given. */
  readonly maxBytes?: number;
  /** Passes beyond the standard ones that compile options may switch on: `optionalPasses` of @rheo/passes, or some. */
  readonly passes?: OptionalPasses;
}

/** The backend with what only this one has. */
export interface NativeBackend extends SyncBackend {
  /** Bytes of memory in use and kept for reuse. */
  readonly memoryBytes: number;
  /** The C text that `compile` would build. Rejects as `compile` does. */
  source(program: Program, options?: CompileOptions): Promise<string>;
}

/**
 * Creates a native backend. Throws `capability` where there is no C compiler or koffi has no binary, `file` when the cache folder cannot be used,
 * and `argument` for an option that does not exist or is out of range.
 */
export async function native(options: NativeOptions = {}): Promise<NativeBackend> {
  checkOptions(options);
  return nativeWith(await findCompiler(), options);
}

/** The same with a compiler at hand. */
export async function nativeWith(compiler: Compiler, options: NativeOptions = {}): Promise<NativeBackend> {
  const cache = new ObjectCache(options.cacheFolder ?? defaultCacheFolder());
  const foreign = await loadForeign();
  const objects = { compiler, cache, foreign };
  const threads = options.threads === 'auto' ? Math.min(autoLimit, availableParallelism()) : (options.threads ?? 1);
  return new Native(objects, options, threads > 1 ? await openTeam(objects, threads) : undefined);
}

/** Threads that 'auto' takes at most: tiles of the usual batches are few. */
const autoLimit = 8;

const known: readonly string[] = [
  'cacheFolder',
  'leastWork',
  'maxBytes',
  'passes',
  'threads',
] satisfies (keyof NativeOptions)[];

function checkOptions(options: NativeOptions): void {
  const fail = (what: string, remedy: string): never => {
    throw new RheoError('argument', { from: '@rheo/backend-native', what, where: 'native', remedy });
  };
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) fail(`there is no option "${unknown}"`, `Use ${known.join(', ')}`);
  const { maxBytes = 2 ** 31, cacheFolder = '.', threads = 1, leastWork = 0 } = options;
  if (!(maxBytes >= 65536)) fail(`maxBytes is ${maxBytes}`, 'Give at least 65536 bytes');
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1 && threads <= 64))
    fail(`threads is ${threads}`, "Give a number from 1 to 64, or 'auto'");
  if (!(leastWork >= 0)) fail(`leastWork is ${leastWork}`, 'Give a number of operations, 0 or more');
  if (typeof cacheFolder !== 'string' || cacheFolder === '') fail('cacheFolder is no path', 'Name a folder');
}

class Native implements NativeBackend, ExecutableOwner {
  readonly spec = 1;
  readonly name: string;
  readonly heap: Heap;
  readonly foreign: Foreign;
  readonly target: Target;
  readonly threads: number;
  readonly leastWork: number;
  readonly team: bigint;
  readonly capabilities: Capabilities;
  readonly lost: Promise<DeviceLost>;
  readonly #objects: ObjectSource;
  readonly #passes: OptionalPasses;
  readonly #team: Team | undefined;
  readonly #executables = new Set<NativeExecutable>();
  #lose: (lost: DeviceLost) => void = () => {};
  #open = true;
  #live = 0;

  constructor(objects: ObjectSource, options: NativeOptions, team: Team | undefined) {
    const { maxBytes = Number.POSITIVE_INFINITY, passes = {}, leastWork = usualLeastWork } = options;
    this.foreign = objects.foreign;
    this.heap = new Heap(objects.foreign, maxBytes);
    this.#objects = objects;
    this.#team = team;
    this.threads = team?.threads ?? 1;
    this.leastWork = leastWork;
    this.team = team?.address ?? 0n;
    this.name = this.threads === 1 ? 'native' : `native×${this.threads}`;
    this.#passes = passes;
    const { target, title } = objects.compiler;
    this.target = target;
    this.capabilities = {
      dtypes: ['f32', 'i32', 'u32', 'bool'],
      freeDims: false,
      synchronous: true,
      exactI32: true,
      passes: switchablePasses(passes),
      threads: this.threads,
      notes: [target.title, title, this.threads === 1 ? 'one thread' : `${this.threads} threads`],
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
    const printed = printProgram(await this.#legal(program, options), new Set(), this);
    const object = await buildObject(this.#objects, printed.text);
    try {
      this.checkOpen();
      return new NativeExecutable(this, printed, object, new Set(options.donate ?? []), new Map());
    } catch (error) {
      object.unload();
      throw error;
    }
  }

  async source(program: Program, options: CompileOptions = {}): Promise<string> {
    return printProgram(await this.#legal(program, options), new Set(), this).text;
  }

  upload(data: TensorData, type: TensorType): DeviceTensor {
    this.checkOpen();
    if (!this.capabilities.dtypes.includes(type.dtype)) {
      throw new RheoError('dtype', {
        from: '@rheo/backend-native',
        what: `has no ${type.dtype}`,
        remedy: 'Use f32, i32, u32 or bool',
      });
    }
    staticShape(type.shape);
    checkData(data, type, 'upload', '@rheo/backend-native');
    const tensor = this.newTensor(type, `upload of ${formatType(type)}`);
    writeData(tensor.block, data);
    return tensor;
  }

  async read(tensor: DeviceTensor): Promise<TensorData> {
    return this.readSync(tensor);
  }

  readSync(tensor: DeviceTensor, into?: TensorData): TensorData {
    this.checkOpen();
    if (!(tensor instanceof NativeTensor) || tensor.owner !== this) {
      throw new RheoError('backend', {
        from: '@rheo/backend-native',
        what: 'the tensor belongs to another backend',
        where: 'read',
      });
    }
    tensor.check('read');
    if (into !== undefined) checkData(into, tensor.type, 'into', '@rheo/backend-native');
    const data = into ?? allocate(tensor.type.dtype, elementCount(tensor.type.shape));
    readData(tensor.block, data);
    return data;
  }

  async dispose(): Promise<void> {
    if (!this.#open) return;
    for (const executable of [...this.#executables]) executable.dispose();
    this.#open = false;
    this.#team?.close();
    this.#live = 0;
    this.#lose({ reason: 'disposed', message: 'the backend was disposed' });
  }

  checkOpen(): void {
    if (this.#open) return;
    throw new RheoError('disposed', {
      from: '@rheo/backend-native',
      what: 'the backend was disposed',
      remedy: 'Create another with native()',
    });
  }

  build(text: string): LoadedObject {
    return buildObjectSync(this.#objects, text);
  }

  newTensor(type: TensorType, what: string): NativeTensor {
    const block = this.heap.allocate(elementCount(type.shape) * 4, what);
    this.#live++;
    return new NativeTensor(type, block, this);
  }

  ended(tensor: NativeTensor): void {
    if (!this.#open) return;
    this.#live--;
    this.heap.release(tensor.block);
  }

  opened(executable: NativeExecutable): void {
    this.#executables.add(executable);
  }

  closed(executable: NativeExecutable): void {
    this.#executables.delete(executable);
  }

  #legal(program: Program, options: CompileOptions): Promise<Program> {
    return legalProgram(program, options, {
      from: '@rheo/backend-native',
      factory: 'native',
      optional: this.#passes,
    });
  }
}
