/** What runs in pages, in the order of output. Nothing here may need Node. */
import { onnxWebWasm } from '../backends/onnx-web.ts';
import { tfjsOnWasm } from '../backends/tfjs.ts';
import { wasm } from '../backends/wasm.ts';
import type { Contender } from '../contender.ts';
import { jaxJs } from '../rivals/jax-js.ts';
import { onnxruntimeWeb } from '../rivals/onnxruntime-web.ts';
import { tfjsWasm } from '../rivals/tfjs-wasm.ts';

export const pageContenders: readonly Contender[] = [wasm, onnxWebWasm, tfjsOnWasm, onnxruntimeWeb, tfjsWasm, jaxJs];
