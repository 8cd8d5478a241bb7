/** Losses agree on every backend in a page, also when a training changes backends in its middle. */
import { onnx } from '@rheo/backend-onnx';
import { tfjs } from '@rheo/backend-tfjs';
import { wasm } from '@rheo/backend-wasm';
import { optionalPasses } from '@rheo/passes';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import * as runtime from 'onnxruntime-web';
import { agreeOn } from './agree-on.ts';

// Small tensors go through the device too.
tf.env().set('WEBGL_CPU_FORWARD', false);
tf.env().set('WEBGPU_CPU_FORWARD', false);
setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');

agreeOn(
  {
    wasm: () => wasm({ passes: optionalPasses }),
    'wasm×2': () => wasm({ threads: 2, leastWork: 0, passes: optionalPasses }),
    'onnx/web-wasm': () => onnx({ runtime, provider: 'wasm' }),
    'tfjs/wasm': () => tfjs({ tf, backend: 'wasm' }),
    'tfjs/webgl': () => tfjs({ tf, backend: 'webgl' }),
    'tfjs/webgpu': () => tfjs({ tf, backend: 'webgpu' }),
  },
  // The wired CfC is trained in Node: the emulated GPU takes as long for it as for the other two.
  ['CfC', 'LTC'],
);
