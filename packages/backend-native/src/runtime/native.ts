/**
 * The native backend: C generated at run time, built by the system's compiler, kept on disk, loaded into this process.
 */

import { availableParallelism } from 'node:os';
import { LocalExecutable, LocalStore, legalProgram, localDTypes, switchablePasses } from '@rheo/compiler';
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
import { RheoError } from '@rheo/ir';
import type { OptionalPasses } from '@rheo/passes';
import { usualLeastWork } from '../codegen/print-source.ts';
import type { Target } from '../codegen/target.ts';
import type { ObjectSource } from '../toolchain/build.ts';
import type { BuildId } from '../toolchain/build-id.ts';
import { buildId } from '../toolchain/build-id.ts';
import type { Compiler } from '../toolchain/find-compiler.ts';
import { findCompiler } from '../toolchain/find-compiler.ts';
import type { Foreign } from '../toolchain/foreign.ts';
import { loadForeign } from '../toolchain/foreign.ts';
import { defaultCacheFolder, ObjectCache } from '../toolchain/object-cache.ts';
import type { Team } from '../toolchain/team.ts';
import { openTeam } from '../toolchain/team.ts';
import type { CodeHost } from './code.ts';
import { NativeCode } from './code.ts';
import type { Block } from './heap.ts';
import { Heap } from './heap.ts';
import { memoryOf } from './memory.ts';
import { PlanIndex } from './plan-index.ts';
import { printProgram } from './print-program.ts';
import { Programs } from './programs.ts';

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

/** The same with a compiler at hand, as the build that runs, or another. */
export async function nativeWith(
  compiler: Compiler,
  options: NativeOptions = {},
  build: BuildId = buildId(),
): Promise<NativeBackend> {
  const cache = new ObjectCache(options.cacheFolder ?? defaultCacheFolder());
  const foreign = await loadForeign();
  const objects = { compiler, cache, foreign };
  const threads = options.threads === 'auto' ? Math.min(autoLimit, availableParallelism()) : (options.threads ?? 1);
  return new Native(objects, options, build, threads > 1 ? await openTeam(objects, threads) : undefined);
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

class Native implements NativeBackend, CodeHost {
  readonly spec = 1;
  readonly name: string;
  readonly heap: Heap;
  readonly foreign: Foreign;
  readonly target: Target;
  readonly threads: number;
  readonly leastWork: number;
  readonly team: bigint;
  readonly programs: Programs;
  readonly capabilities: Capabilities;
  readonly lost: Promise<DeviceLost>;
  readonly #passes: OptionalPasses;
  readonly #team: Team | undefined;
  readonly #store: LocalStore<Block>;

  constructor(objects: ObjectSource, options: NativeOptions, build: BuildId, team: Team | undefined) {
    const { maxBytes = Number.POSITIVE_INFINITY, passes = {}, leastWork = usualLeastWork } = options;
    this.foreign = objects.foreign;
    this.heap = new Heap(objects.foreign, maxBytes);
    this.#store = new LocalStore('@rheo/backend-native', 'native', memoryOf(this.heap));
    this.lost = this.#store.lost;
    this.#team = team;
    this.threads = team?.threads ?? 1;
    this.leastWork = leastWork;
    this.team = team?.address ?? 0n;
    this.name = this.threads === 1 ? 'native' : `native×${this.threads}`;
    this.#passes = passes;
    const { target, title, flags, linkFlags, identity } = objects.compiler;
    this.target = target;
    const printed = { target, threads: this.threads, leastWork };
    const circumstances = JSON.stringify([build.id, identity, flags, linkFlags, target, this.threads > 1, leastWork]);
    const plans = new PlanIndex(objects.cache, build.id === undefined ? undefined : circumstances, passes);
    this.programs = new Programs(objects, plans, printed);
    this.capabilities = {
      dtypes: localDTypes,
      freeDims: false,
      synchronous: true,
      exactI32: true,
      passes: switchablePasses(passes),
      threads: this.threads,
      notes: [
        target.title,
        title,
        this.threads === 1 ? 'one thread' : `${this.threads} threads`,
        ...(build.unknown === undefined ? [] : [`known Programs are prepared anew: ${build.unknown}`]),
      ],
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
    const built = await this.programs.compile(program, options, () => this.#legal(program, options));
    try {
      this.#store.checkOpen();
      const code = new NativeCode(this, built);
      return new LocalExecutable(built.layout.signature, code, this.#store, new Set(options.donate ?? []));
    } catch (error) {
      built.object.unload();
      throw error;
    }
  }

  async source(program: Program, options: CompileOptions = {}): Promise<string> {
    return printProgram(await this.#legal(program, options), new Set(), this).source.text;
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
    if (this.#store.close()) this.#team?.close();
  }

  #legal(program: Program, options: CompileOptions): Promise<Program> {
    return legalProgram(program, options, {
      from: '@rheo/backend-native',
      factory: 'native',
      optional: this.#passes,
    });
  }
}
