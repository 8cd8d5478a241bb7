import { cases, testBackend } from '@rheo/conformance';
import * as runtime from 'onnxruntime-web';
import * as framework from 'vitest';
import { onnx } from '../src/index.ts';

// Sessions are slower to make than on the node runtime: twenty cases of ten random Programs, and all other cases.
testBackend({
  create: () => onnx({ runtime, provider: 'wasm' }),
  framework,
  cases: cases.filter(({ id }) => !id.startsWith('random/') || id <= 'random/0020'),
});
