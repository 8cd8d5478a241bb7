/** The gradient suites of @rheo/core on native code. */

import '../../core/test/gradient-ops.test.ts';
import '../../core/test/gradient-control.test.ts';
import '../../core/test/gradient-scan.test.ts';
import '../../core/test/gradient-random.test.ts';
import { testGradientsOn } from '../../conformance/test/gradients-on.ts';
import { native } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

testGradientsOn({ 'native code': () => native({ cacheFolder }) });
