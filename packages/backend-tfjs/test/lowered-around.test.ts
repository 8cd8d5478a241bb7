import { cases, testBackend } from '@rheo/conformance';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as framework from 'vitest';
import { tfjs } from '../src/index.ts';

// Every lowering that goes around a fault, on an engine that has none: what is wrong here is the lowering.
framework.vi.mock('../src/faults.ts', () => ({
  findFaults: async () => new Proxy({}, { get: () => true }),
}));

testBackend({
  create: () => tfjs({ tf, backend: 'cpu' }),
  framework,
  cases: cases.filter(({ id }) => !id.startsWith('random/') || id <= 'random/0010'),
});
