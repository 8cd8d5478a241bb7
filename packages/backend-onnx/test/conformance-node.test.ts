import { cases, testBackend } from '@rheo/conformance';
import * as runtime from 'onnxruntime-node';
import * as framework from 'vitest';
import { onnx } from '../src/index.ts';

// Every Program makes a session, which takes milliseconds: sixty cases of ten random Programs, and all other cases.
testBackend({
  create: () => onnx({ runtime, provider: 'cpu' }),
  framework,
  cases: cases.filter(({ id }) => !id.startsWith('random/') || id <= 'random/0060'),
});
