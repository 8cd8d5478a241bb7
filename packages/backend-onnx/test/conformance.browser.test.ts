import { cases, testBackend } from '@rheo/conformance';
import * as runtime from 'onnxruntime-web';
import * as framework from 'vitest';
import { onnx } from '../src/index.ts';

// In a page: every kind of case, with one of the many shapes of each op, and three cases of ten random Programs.
testBackend({
  create: () => onnx({ runtime, provider: 'wasm' }),
  framework,
  cases: cases.filter(({ id, group }) =>
    group === 'op' || group === 'view' ? /3x5|2x3/.test(id) : !id.startsWith('random/') || id <= 'random/0003',
  ),
});
