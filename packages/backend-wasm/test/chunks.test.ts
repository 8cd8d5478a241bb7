import { testChunks } from '../../compiler/test/chunks-of-steps.ts';
import { wasm } from '../src/index.ts';

testChunks((threads) => wasm({ threads, leastWork: 0 }));
