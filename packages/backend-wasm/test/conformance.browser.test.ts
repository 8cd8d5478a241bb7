/** The WebAssembly backend in a page: all cases but most of the random ones, which run in Node. */

import { cases, testBackend } from '@rheo/conformance';
import { optionalPasses } from '@rheo/passes';
import * as framework from 'vitest';
import { wasm } from '../src/index.ts';

testBackend({
  create: () => wasm({ passes: optionalPasses }),
  framework,
  cases: cases.filter(({ id }) => !id.startsWith('random/') || id <= 'random/0020'),
});
