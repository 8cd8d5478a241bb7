import { testBackend } from '@rheo/conformance';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgl';
import * as framework from 'vitest';
import { tfjs } from '../src/index.ts';
import { browserCases } from './browser-cases.ts';
import { skips } from './skips.ts';

// Small tensors go through the device too.
tf.env().set('WEBGL_CPU_FORWARD', false);

testBackend({
  create: () => tfjs({ tf, backend: 'webgl' }),
  framework,
  cases: browserCases,
  skip: skips.webgl,
  timeout: 120_000,
});
