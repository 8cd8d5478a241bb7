/**
 * The backends that parity and conformance are checked on, by name. Engines that others made load when they are asked for.
 */

import { native } from '@rheo/backend-native';
import { onnx } from '@rheo/backend-onnx';
import { tfjs } from '@rheo/backend-tfjs';
import { wasm } from '@rheo/backend-wasm';
import type { Backend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import { optionalPasses } from '@rheo/passes';

const makers: Readonly<Record<string, () => Promise<Backend>>> = {
  reference: async () => referenceBackend(),
  wasm: () => wasm({ passes: optionalPasses }),
  'wasm×2': () => wasm({ threads: 2, leastWork: 0, passes: optionalPasses }),
  native: () => native({ passes: optionalPasses }),
  'native×2': () => native({ threads: 2, leastWork: 0, passes: optionalPasses }),
  'onnx/node-cpu': async () => onnx({ runtime: await import('onnxruntime-node'), provider: 'cpu' }),
  'onnx/web-wasm': async () => onnx({ runtime: await import('onnxruntime-web'), provider: 'wasm' }),
  'tfjs/cpu': async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    return tfjs({ tf: await import('@tensorflow/tfjs-core'), backend: 'cpu' });
  },
  'tfjs/wasm': async () => {
    await import('@tensorflow/tfjs-backend-wasm');
    return tfjs({ tf: await import('@tensorflow/tfjs-core'), backend: 'wasm' });
  },
};

/** The backends of `pnpm parity` unless others are named. */
export const ownBackends: readonly string[] = ['reference', 'wasm', 'wasm×2'];

export const backendNames: readonly string[] = Object.keys(makers);

/** Makes a backend. Throws for an unknown name. */
export async function createBackend(name: string): Promise<Backend> {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined) throw new Error(`no backend "${name}"; there are ${backendNames.join(', ')}`);
  return await make();
}
