/** On two threads the native backend passes all cases with loops, and whole trainings; every loop is shared out. */

import { cases, testBackend } from '@rheo/conformance';
import { optionalPasses } from '@rheo/passes';
import * as vitest from 'vitest';
import { native } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

testBackend({
  framework: vitest,
  create: () => native({ passes: optionalPasses, cacheFolder, threads: 2, leastWork: 0 }),
  cases: cases.filter(({ id }) => /^(scan|while|law|training|lifecycle)|^random\/000/.test(id)),
});
