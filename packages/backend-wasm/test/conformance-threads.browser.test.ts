/**
 * The WebAssembly backend on two threads in a page, whose main thread takes its part and spins: all cases but most of the
 * random ones, which run in Node.
 */

import { cases, testBackend } from '@rheo/conformance';
import { optionalPasses } from '@rheo/passes';
import * as framework from 'vitest';
import { openWasm } from '../src/runtime/wasm.ts';

testBackend({
  create: () => openWasm({ threads: 2, leastWork: 0, passes: optionalPasses }, true),
  framework,
  cases: cases.filter(({ id }) => !id.startsWith('random/') || id <= 'random/0020'),
});
