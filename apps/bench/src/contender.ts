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
  prepare(problem: Problem): Promise<Prepared | Unsupported>;
  /** Ends what the contender keeps between problems, such as a child process. */
  close?(): void;
}
