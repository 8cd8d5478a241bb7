/** The native backend passes the whole conformance kit, with nothing skipped. */

import { availableParallelism } from 'node:os';
import { testBackend } from '@rheo/conformance';
import { optionalPasses } from '@rheo/passes';
import * as vitest from 'vitest';
import { native } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

testBackend({
  framework: vitest,
  create: () => native({ passes: optionalPasses, cacheFolder }),
  // Most of the time goes into waiting for the compiler.
  parts: availableParallelism(),
});
