import { testProfiles } from '../../compiler/test/profiles.ts';
import { native } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();

testProfiles(() => native({ cacheFolder }));
