/**
 * Rheo on ONNX Runtime, for Node and for the web, on one thread.
 */

import { onnx } from '@rheo/backend-onnx';
import type { Contender } from '../contender.ts';
import { leaveNoWorker } from '../leave-no-worker.ts';
import { onEngine } from './on-engine.ts';

/** The native processor provider of onnxruntime-node. */
export const onnxNodeCpu: Contender = onEngine(
  'onnx/node-cpu',
  async () => `onnxruntime-node ${(await import('onnxruntime-node')).env.versions.node}`,
  async () => onnx({ runtime: await import('onnxruntime-node'), provider: 'cpu' }),
);

/** The WebAssembly provider of onnxruntime-web, which a page loads as well. */
export const onnxWebWasm: Contender = onEngine(
  'onnx/web-wasm',
  async () => `onnxruntime-web ${(await import('onnxruntime-web')).env.versions.web}`,
  () => leaveNoWorker(async () => onnx({ runtime: await import('onnxruntime-web'), provider: 'wasm' })),
);
