/**
 * The backend contract: what compiles and runs Programs. The narrow waist of Rheo.
 *
 * A backend is an object that the user creates and passes. Rules that types cannot say:
 *  1. Thrown synchronously, and nothing is enqueued: a wrong count of inputs or an index that does not exist
 *     (`argument`), a wrong type (`dtype`, `shape`), a handle of another backend (`backend`), a disposed or donated
 *     handle, executable or backend (`disposed`), a donated handle passed twice (`argument`).
 *  2. A run that fails later poisons its results; a run fed by a poisoned handle fails with the same cause, `read`
 *     reports it; other handles stay good.
 *  3. A donated input is dead when `run` returns, also if the run fails. `runInto` does not donate.
 *  4. Results never alias live inputs.
 *  5. Disposing an executable or a handle waits for what is enqueued; after disposing the backend everything throws.
 *  6. Boundary tensors are dense and row-major; inner layouts are private.
 *  7. Foreign engines are serialised by the adapter, never by the user; `run` may be called re-entrantly.
 *  8. Synchronous backends with threads: on a page's main thread the caller works and spins, elsewhere it waits.
 *  9. Compiled Programs are cached by the caller per (backend, program hash, options), not by the backend.
 * 10. `compile` accepts every verified Program and legalises it itself.
 */

import type { Program } from './ops.ts';
import type { DType, TensorData, TensorType } from './types.ts';

/** What a backend can do, as found when it was created. */
export interface Capabilities {
  /** Element types that Programs may use. */
  readonly dtypes: readonly DType[];
  /** True if names of dimensions may stay unbound in `compile`. */
  readonly freeDims: boolean;
  /** True if memory is on this processor: `compile` gives a `SyncExecutable`. */
  readonly synchronous: boolean;
  /** True if i32 arithmetic wraps exactly at 32 bits (else it is exact within ±2^24). */
  readonly exactI32: boolean;
  /** Names of the passes that the compile option `passes` may switch; absent if there are none. */
  readonly passes?: readonly string[];
  /** Number of threads that work on one run. */
  readonly threads: number;
  /** Facts for people: what is on, what is off and why. */
  readonly notes: readonly string[];
}

/** Why a device is gone. */
export interface DeviceLost {
  readonly reason: 'disposed' | 'lost';
  readonly message: string;
}

/** A tensor in a backend's memory. Freed by `dispose`, or with its backend. */
export interface DeviceTensor {
  readonly type: TensorType;
  dispose(): void;
}

/** Options of `compile`. */
export interface CompileOptions {
  /** Inputs whose memory the run may take over; they are dead afterwards. */
  readonly donate?: readonly number[];
  /** Numbers for named dimensions. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Optional passes to switch on or off for this compile: `{ sink: false }`. */
  readonly passes?: Readonly<Record<string, boolean>>;
}

/** A loop around a kernel. */
export interface ProfileLoop {
  /** Equal for kernels in the same loop; different for two loops of one name. */
  readonly id: number;
  /** `parallel` where iterations do not depend on each other. */
  readonly name: string;
  /** Absent where it depends on the numbers. */
  readonly iterations?: number;
}

/** Time and work of one kernel within a run, all its calls together. */
export interface ProfileEntry {
  /** What kind of kernel it is, and of which op or named value. */
  readonly kernel: string;
  /** Sizes and ops, for people. */
  readonly detail: string;
  readonly layer?: string;
  /** Loops around it, the outermost first. */
  readonly loops: readonly ProfileLoop[];
  readonly calls: number;
  readonly seconds: number;
  /** Float arithmetic by count: a·b + c is two. */
  readonly flops: number;
  /** Transcendental functions and random draws by count. */
  readonly functions: number;
  /** Bytes read and written by count, each element of a call once. */
  readonly bytes: number;
}

/** Where the time of one run went, on one thread. Entries come in the order of the code. */
export interface Profile {
  /** Seconds of one run of the ordinary code; median. */
  readonly seconds: number;
  /** Seconds of one run with a clock before every kernel; what it is above `seconds` is the price of looking. */
  readonly timedSeconds: number;
  /** Runs that were measured of each of the two. */
  readonly runs: number;
  readonly entries: readonly ProfileEntry[];
}

/** A compiled Program. */
export interface Executable {
  readonly inputs: readonly TensorType[];
  readonly results: readonly TensorType[];
  /** Bytes of scratch memory that it holds until it is disposed. */
  readonly workspaceBytes: number;
  /** Enqueues one run, in call order over the whole backend. Results may be pending. */
  run(inputs: readonly DeviceTensor[]): readonly DeviceTensor[];
  /** Fixes some inputs as they are now (a snapshot, packed once); the others keep their order. */
  bind(fixed: ReadonlyMap<number, DeviceTensor>): Executable;
  /** Runs many times on these inputs, which stay alive, also donated ones; for at most some seconds, or a few runs. */
  profile?(inputs: readonly DeviceTensor[]): Promise<Profile>;
  dispose(): void;
}

/** An executable whose memory is on this processor: finished when a call returns. */
export interface SyncExecutable extends Executable {
  /**
   * Runs on host arrays or handles and allocates nothing. A handle may be input and output (state), but no two
   * outputs. Throws the failure of a run, or of a poisoned input; outputs then hold nothing to rely on.
   */
  runInto(inputs: readonly (DeviceTensor | TensorData)[], outputs: readonly (DeviceTensor | TensorData)[]): void;
  bind(fixed: ReadonlyMap<number, DeviceTensor>): SyncExecutable;
}

/** Compiles and runs Programs; see the rules at the head of this file. */
export interface Backend {
  /** Version of this contract. */
  readonly spec: 1;
  /** `wasm`, `reference`, `onnx/node-cpu` … */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Resolves once, when the device is gone. */
  readonly lost: Promise<DeviceLost>;
  compile(program: Program, options?: CompileOptions): Promise<Executable>;
  /** Copies before it returns. */
  upload(data: TensorData, type: TensorType): DeviceTensor;
  /** A fresh copy; rejects with the failure that produced the tensor. */
  read(tensor: DeviceTensor): Promise<TensorData>;
  /** Number of live handles, for leak tests. */
  readonly liveTensors: number;
  dispose(): Promise<void>;
}

/** A backend whose memory is on this processor. */
export interface SyncBackend extends Backend {
  compile(program: Program, options?: CompileOptions): Promise<SyncExecutable>;
  readSync(tensor: DeviceTensor, into?: TensorData): TensorData;
}
