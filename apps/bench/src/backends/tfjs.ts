/**
 * Rheo on TensorFlow.js, on its plain processor backend and on its WebAssembly backend.
 *
 * The engine's module is global and the hand-written rival uses it too; the adapter is its current backend only while
 * it works.
 */

import { tfjs } from '@rheo/backend-tfjs';
import type { Contender } from '../contender.ts';
import { products } from '../shapes.ts';
import { loadTfjsWasm } from '../tfjs-wasm-files.ts';
import { onEngine } from './on-engine.ts';

const engine = async (): Promise<string> => `tfjs-core ${(await import('@tensorflow/tfjs-core')).version_core}`;

const plain = onEngine('tfjs/cpu', engine, async () => {
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-cpu');
  return tfjs({ tf, backend: 'cpu' });
});

/** Leaves shapes out of which one run takes many seconds. */
const upTo = (most: number, contender: Contender): Contender => ({
  ...contender,
  prepare: async (problem) =>
    products(problem.shape) > most
      ? { unsupported: 'operation by operation, one run takes many seconds' }
      : contender.prepare(problem),
});

/** The backend in plain JavaScript, which makes a few hundred million products in a second. */
export const tfjsCpu: Contender = upTo(1e7, plain);

/** The backend on WebAssembly, on one thread. */
export const tfjsOnWasm: Contender = upTo(
  2e7,
  onEngine('tfjs/wasm', engine, async () => {
    const tf = await import('@tensorflow/tfjs-core');
    await loadTfjsWasm();
    return tfjs({ tf, backend: 'wasm' });
  }),
);
