import { cases, testBackend } from '@rheo/conformance';
import * as runtime from 'onnxruntime-web';
import * as framework from 'vitest';
import { onnx } from '../src/index.ts';

// In a page: all cases, but ten of those with ten random Programs each.
testBackend({
  create: () => onnx({ runtime, provider: 'wasm' }),
  framework,
  cases: cases.filter(({ id }) => !id.startsWith('random/') || id <= 'random/0010'),
});
