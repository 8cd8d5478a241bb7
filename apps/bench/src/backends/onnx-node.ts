/** Rheo on the native processor provider of onnxruntime-node, on one thread. */

import { onnx } from '@rheo/backend-onnx';
import type { Contender } from '../contender.ts';
import { onEngine } from './on-engine.ts';

export const onnxNodeCpu: Contender = onEngine(
  'onnx/node-cpu',
  async () => `onnxruntime-node ${(await import('onnxruntime-node')).env.versions.node}`,
  async () => onnx({ runtime: await import('onnxruntime-node'), provider: 'cpu' }),
);
