import { testBackend } from '@rheo/conformance';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import * as framework from 'vitest';
import { tfjs } from '../src/index.ts';
import { browserCases } from './browser-cases.ts';
import { skips } from './skips.ts';

// Small tensors go through the device too.
tf.env().set('WEBGPU_CPU_FORWARD', false);

testBackend({
  create: () => tfjs({ tf, backend: 'webgpu' }),
  framework,
  cases: browserCases,
  skip: skips.webgpu,
  timeout: 120_000,
});
