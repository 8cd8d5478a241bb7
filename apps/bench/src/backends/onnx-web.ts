/** Rheo on the WebAssembly provider of ONNX Runtime for the web, which a page loads as well; on one thread. */

import { onnx } from '@rheo/backend-onnx';
import type { Contender } from '../contender.ts';
import { leaveNoWorker } from '../leave-no-worker.ts';
import { onEngine } from './on-engine.ts';

export const onnxWebWasm: Contender = onEngine(
  'onnx/web-wasm',
  async () => `onnxruntime-web ${(await import('onnxruntime-web')).env.versions.web}`,
  () => leaveNoWorker(async () => onnx({ runtime: await import('onnxruntime-web'), provider: 'wasm' })),
);
