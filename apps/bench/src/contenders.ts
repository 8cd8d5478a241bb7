/**
 * Everything that can be timed. Each file stands alone; adding an engine is one import and one entry.
 *
 * Order is the order of output: our backends first, the first of them being what ratios are taken against.
 */
import { native, nativeOnTwo } from './backends/native.ts';
import { onnxNodeCpu } from './backends/onnx-node.ts';
import { onnxWebWasm } from './backends/onnx-web.ts';
import { tfjsCpu, tfjsOnWasm } from './backends/tfjs.ts';
import { wasm, wasmOnTwo } from './backends/wasm.ts';
import type { Contender } from './contender.ts';
import { jax } from './rivals/jax.ts';
import { jaxJs } from './rivals/jax-js.ts';
import { onnxruntimeNode } from './rivals/onnxruntime-node.ts';
import { onnxruntimeWeb } from './rivals/onnxruntime-web.ts';
import { tfjsWasm } from './rivals/tfjs-wasm.ts';
import { torch, torch1 } from './rivals/torch.ts';

export const contenders: readonly Contender[] = [
  wasm,
  wasmOnTwo,
  native,
  nativeOnTwo,
  onnxNodeCpu,
  onnxWebWasm,
  tfjsCpu,
  tfjsOnWasm,
  onnxruntimeNode,
  onnxruntimeWeb,
  tfjsWasm,
  jaxJs,
  torch,
  torch1,
  jax,
];
