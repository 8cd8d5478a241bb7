/** The native backend passes the whole conformance kit, with nothing skipped. */

import { optionalPasses } from '@rheo/passes';
import { native } from '../src/index.ts';
import { testSideBySide } from './side-by-side.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

testSideBySide({ create: () => native({ passes: optionalPasses, cacheFolder }) });
