/** The WebAssembly backend passes the whole conformance kit, with nothing skipped. */

import { testBackend } from '@rheo/conformance';
import { optionalPasses } from '@rheo/passes';
import * as vitest from 'vitest';
import { wasm } from '../src/index.ts';

testBackend({ framework: vitest, create: () => wasm({ passes: optionalPasses }) });
