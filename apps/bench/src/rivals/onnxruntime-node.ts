/** ONNX Runtime in Node running the Scan graph by itself on the processor, on one thread. */
import type { Contender } from '../contender.ts';
import { type OnnxEngine, prepareScan } from './onnxruntime-scan.ts';

async function loadNode(): Promise<OnnxEngine> {
  const ort = await import('onnxruntime-node');
  const options = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
  } as const;
  return {
    Tensor: ort.Tensor,
    open: (bytes) => ort.InferenceSession.create(bytes, options),
    engine: `onnxruntime-node ${ort.env.versions.node}`,
  };
}

let loading: Promise<OnnxEngine> | undefined;

export const onnxruntimeNode: Contender = {
  name: 'onnxruntime-node',
  kind: 'rival',
  prepare: (problem) =>
    prepareScan(() => {
      loading ??= loadNode();
      return loading;
    }, problem),
};
