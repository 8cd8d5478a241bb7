import { testBackend } from '@rheo/conformance';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as framework from 'vitest';
import { tfjs } from '../src/index.ts';

testBackend({ create: () => tfjs({ tf, backend: 'cpu' }), framework });
