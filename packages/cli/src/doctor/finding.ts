/**
 * What the doctor finds: one entry for each backend and for the C compiler.
 */

import type { FoundPackage } from '../backends/engine.ts';

/**
 * `ok`: created, and it computed the right numbers. `missing`: something is not installed, or this machine lacks what it
 * needs. `failed`: it is there and does not do its work. `in pages`: there is none in Node.
 */
export type State = 'ok' | 'missing' | 'failed' | 'in pages';

/** One finding. */
export interface Finding {
  /** As `--backend` takes it. */
  readonly name: string;
  readonly state: State;
  /** What was found, or what is missing and why. */
  readonly detail: string;
  /** Commands that mend it, ready to type; or advice where no command does. */
  readonly remedy?: { readonly command: string } | { readonly advice: string };
  /** The engine's packages. */
  readonly packages?: readonly FoundPackage[];
  /** What its libraries wrote to standard error, by lines. */
  readonly output?: readonly string[];
  /** Threads of one run. */
  readonly threads?: number;
  /** Largest difference of the probe from the reference, of the result or of 1. */
  readonly difference?: number;
}
