import { cases, testBackend } from '@rheo/conformance';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as framework from 'vitest';
import { tfjs } from '../src/index.ts';

setWasmPaths({
  'tfjs-backend-wasm.wasm': new URL(
    '../../../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
    import.meta.url,
  ).href,
  'tfjs-backend-wasm-simd.wasm': new URL(
    '../../../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
    import.meta.url,
  ).href,
  'tfjs-backend-wasm-threaded-simd.wasm': new URL(
    '../../../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
    import.meta.url,
  ).href,
});
// Its threads want a worker of their own, which the test page does not serve.
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);

// All cases, but ten of those with ten random Programs each.
testBackend({
  create: () => tfjs({ tf, backend: 'wasm' }),
  framework,
  cases: cases.filter(({ id }) => !id.startsWith('random/') || id <= 'random/0010'),
});
