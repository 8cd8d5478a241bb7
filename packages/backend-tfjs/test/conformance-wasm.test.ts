import { cases, testBackend } from '@rheo/conformance';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import * as framework from 'vitest';
import { tfjs } from '../src/index.ts';

testBackend({
  create: () => tfjs({ tf, backend: 'wasm' }),
  framework,
  cases: cases.filter(({ id }) => !id.startsWith('random/') || id <= 'random/0040'),
});
