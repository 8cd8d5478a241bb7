/**
 * The machine as far as it matters for speed.
 */

import { availableParallelism, cpus } from 'node:os';

/** What the doctor says first. */
export interface Machine {
  readonly node: string;
  /** Operating system and architecture. */
  readonly system: string;
  readonly processor: string;
  /** Threads that this process may use. */
  readonly threads: number;
  /** True if WebAssembly has 128-bit SIMD, which the default backend needs. */
  readonly simd: boolean;
}

/** A module whose only function needs SIMD: i32x4 numbers from one i8x16. */
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** Looks at the machine. */
export function machine(): Machine {
  return {
    node: process.versions.node,
    system: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() || 'unknown processor',
    threads: availableParallelism(),
    simd: WebAssembly.validate(simdModule),
  };
}
