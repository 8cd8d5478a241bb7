/** The native backend passes the whole conformance kit, with nothing skipped, and parts of it on threads and with narrower vectors. */

import { cases, testBackend } from '@rheo/conformance';
import { optionalPasses } from '@rheo/passes';
import * as vitest from 'vitest';
import { native } from '../src/index.ts';
import { nativeWith } from '../src/runtime/native.ts';
import { findCompiler } from '../src/toolchain/find-compiler.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

testBackend({ framework: vitest, create: () => native({ passes: optionalPasses, cacheFolder }) });

vitest.describe('on two threads', () => {
  testBackend({
    framework: vitest,
    create: () => native({ passes: optionalPasses, cacheFolder, threads: 2, leastWork: 0 }),
    cases: cases.filter(({ id }) => /^(scan|while|law|training|lifecycle)|^random\/000/.test(id)),
  });
});

vitest.describe.each([
  { lanes: 8, registers: 16, title: '256-bit vectors' },
  { lanes: 4, registers: 32, title: '128-bit vectors' },
] as const)('$title', (target) => {
  testBackend({
    framework: vitest,
    create: async () => nativeWith({ ...(await findCompiler()), target }, { passes: optionalPasses, cacheFolder }),
    cases: cases.filter(({ id }) => /^(dot|reduce|scan|op\/(tanh|floor|max|sqrt|random_bits))|^random\/00/.test(id)),
  });
});
