/**
 * What takes part in a benchmark: one of our backends, or another engine doing the same work.
 *
 * A contender prepares a problem once and is then run many times. It is asked for its numbers before it is timed,
 * so that only an engine that computes the right thing gets a figure.
 */
import type { Problem } from './problem.ts';

export interface Prepared {
  /** The engine and its version, where it tells. */
  readonly engine?: string;
  /** Milliseconds from plain arrays to the first result: building, compiling and, where engines compile lazily, one call. */
  readonly compileMs: number;
  /** Milliseconds of it from the Program to its executable, without tracing and without the first run; of our backends. */
  readonly builtMs?: number;
  /** Milliseconds of compiling the same once more, of a backend that keeps what it compiled from one process to the next. */
  readonly cachedMs?: number;
  /** Bytes of scratch memory by the plan; of our backends. */
  readonly workspaceBytes?: number;
  /** Bytes of the workspace and of every tensor that is there at once, by count; of our training steps. */
  readonly plannedBytes?: number;
  /** Threads that work on it; one where absent. */
  readonly threads?: number;
  /** Bytes of memory taken up at most, where they can be told apart from those of others: asked for after all runs. */
  memoryBytes?(): number | undefined | Promise<number | undefined>;
  /**
   * The numbers to verify, asked for once before any timed run: for `infer` all outputs [steps, batch, units], for
   * `train` the losses of the first `checkedLosses` steps, for `stream` the outputs of the first `checkedCalls` calls.
   */
  check(): Promise<Float32Array>;
  /** One forward pass, training step or streaming call, complete when it returns or resolves. */
  run(): void | Promise<void>;
  /** Durations of `count` runs in µs, measured where the engine lives; for engines in another process. */
  sample?(count: number): Promise<readonly number[]>;
  dispose(): void | Promise<void>;
}

/** A contender that cannot do a problem, with the reason a reader is shown. */
export interface Unsupported {
  readonly unsupported: string;
}

export interface Contender {
  readonly name: string;
  readonly kind: 'backend' | 'rival';
  /** True if it is also timed on rows of sizes. */
  readonly scales?: boolean;
  prepare(problem: Problem): Promise<Prepared | Unsupported>;
  /** Ends what the contender keeps between problems, such as a child process. */
  close?(): void;
}
