/**
 * The WebAssembly backend on two and on four threads passes the whole conformance kit, with nothing skipped: every loop is
 * shared out, however small, and all threads are in it.
 */

import { testBackend } from '@rheo/conformance';
import { optionalPasses } from '@rheo/passes';
import * as vitest from 'vitest';
import { openWasm } from '../src/runtime/wasm.ts';

for (const threads of [2, 4]) {
  testBackend({
    framework: vitest,
    create: () => openWasm({ threads, leastWork: 0, passes: optionalPasses }, true),
  });
}
