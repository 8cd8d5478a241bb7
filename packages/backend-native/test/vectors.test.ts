/** With the vectors of other processors, the native backend passes the cases that hang on their width. */

import { availableParallelism } from 'node:os';
import { cases, testBackend } from '@rheo/conformance';
import { optionalPasses } from '@rheo/passes';
import * as vitest from 'vitest';
import { nativeWith } from '../src/runtime/native.ts';
import { findCompiler } from '../src/toolchain/find-compiler.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

vitest.describe.each([
  { lanes: 8, registers: 16, title: '256-bit vectors' },
  { lanes: 4, registers: 32, title: '128-bit vectors' },
] as const)('$title', (target) => {
  testBackend({
    framework: vitest,
    parts: availableParallelism(),
    create: async () => nativeWith({ ...(await findCompiler()), target }, { passes: optionalPasses, cacheFolder }),
    cases: cases.filter(({ id }) => /^(dot|reduce|scan|op\/(tanh|floor|max|sqrt|random_bits))|^random\/00/.test(id)),
  });
});
