import { testChunks } from '../../compiler/test/chunks-of-steps.ts';
import { native } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

testChunks((threads) => native({ cacheFolder, threads, leastWork: 0 }));
