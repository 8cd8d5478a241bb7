/**
 * Rheo on TensorFlow.js, on its plain processor backend and on its WebAssembly backend.
 *
 * The engine's module is global and the hand-written rival uses it too; the adapter is its current backend only while
 * it works.
 */

import { tfjs } from '@rheo/backend-tfjs';
import type { Contender } from '../contender.ts';
import type { Shape } from '../shapes.ts';
import { loadTfjsWasm } from '../tfjs-wasm-files.ts';
import { onEngine } from './on-engine.ts';

const engine = async (): Promise<string> => `tfjs-core ${(await import('@tensorflow/tfjs-core')).version_core}`;

const plain = onEngine('tfjs/cpu', engine, async () => {
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-cpu');
  return tfjs({ tf, backend: 'cpu' });
});

/** Products in one step; plain JavaScript makes a few hundred million in a second. */
function products(shape: Shape): number {
  const { batch, features, units } = shape;
  if (shape.cell === 'ltc') return batch * units * (features + units * shape.unfolds);
  if (shape.cell === 'ncp') return batch * 4 * units * (features + units);
  const { backbone, depth } = shape;
  return batch * backbone * (features + units + (depth - 1) * backbone + 4 * units);
}

/** The backend in plain JavaScript; shapes of which one run takes more than some seconds are left out. */
export const tfjsCpu: Contender = {
  ...plain,
  prepare: async (problem) =>
    products(problem.shape) > 1e7 ? { unsupported: 'plain JavaScript takes minutes for it' } : plain.prepare(problem),
};

/** The backend on WebAssembly, on one thread. */
export const tfjsOnWasm: Contender = onEngine('tfjs/wasm', engine, async () => {
  const tf = await import('@tensorflow/tfjs-core');
  await loadTfjsWasm();
  return tfjs({ tf, backend: 'wasm' });
});
