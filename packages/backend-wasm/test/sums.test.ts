/** The kernels that add to several sums. */
import { testSums } from '../../compiler/test/sums-in-place.ts';
import { wasm } from '../src/index.ts';

testSums(wasm);
