/** The kernels that add to several sums. */
import { testSums } from '../../compiler/test/sums-in-place.ts';
import { native } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

testSums(() => native({ cacheFolder }));
