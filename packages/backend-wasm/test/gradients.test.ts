/** The gradient suites of @rheo/core on WebAssembly, on one thread and on two with every loop shared out. */

import '../../core/test/gradient-ops.test.ts';
import '../../core/test/gradient-control.test.ts';
import '../../core/test/gradient-scan.test.ts';
import '../../core/test/gradient-random.test.ts';
import { testGradientsOn } from '../../conformance/test/gradients-on.ts';
import { wasm } from '../src/index.ts';

testGradientsOn({
  wasm: () => wasm(),
  'two threads': () => wasm({ threads: 2, leastWork: 0 }),
});
