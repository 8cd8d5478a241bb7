/** The reference backend passes the whole kit, in double and in single precision. */

import { referenceBackend } from '@rheo/ir';
import * as vitest from 'vitest';
import { testBackend } from '../src/index.ts';

vitest.describe.each(['double', 'single'] as const)('reference, %s', (precision) => {
  testBackend({ framework: vitest, create: async () => referenceBackend({ precision }) });
});
