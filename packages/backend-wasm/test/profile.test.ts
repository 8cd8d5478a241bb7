import { testProfiles } from '../../compiler/test/profiles.ts';
import { wasm } from '../src/index.ts';

testProfiles(wasm);
