/** ONNX Runtime web running the Scan graph by itself on WebAssembly, on one thread. */
import type { Contender } from '../contender.ts';
import { leaveNoWorker } from '../leave-no-worker.ts';
import { opset } from './onnx-cfc.ts';
import { float32Value, graph, model, node } from './onnx-writer.ts';
import { type OnnxEngine, prepareScan } from './onnxruntime-scan.ts';

/** Loads the engine's WebAssembly through a one-node session, so that no problem's compile time holds it. */
async function loadWeb(): Promise<OnnxEngine> {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  const options = { executionProviders: ['wasm'], graphOptimizationLevel: 'all' } as const;
  const open = (bytes: Uint8Array) => ort.InferenceSession.create(bytes, options);
  const value = [1];
  const trivial = graph({
    name: 'trivial',
    nodes: [node('Identity', ['from'], ['to'])],
    inputs: [float32Value('from', value)],
    outputs: [float32Value('to', value)],
  });
  const session = await open(model(trivial, opset));
  await session.release();
  return { Tensor: ort.Tensor, open, engine: `onnxruntime-web ${ort.env.versions.web}` };
}

let loading: Promise<OnnxEngine> | undefined;

export const onnxruntimeWeb: Contender = {
  name: 'onnxruntime-web',
  kind: 'rival',
  prepare: (problem) =>
    prepareScan(() => {
      loading ??= leaveNoWorker(loadWeb);
      return loading;
    }, problem),
};
