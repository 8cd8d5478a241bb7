/**
 * Rheo on its WebAssembly backend: what a user of the library gets, through models, `valueAndGrad` and `stream`.
 */

import { wasm as openWasm } from '@rheo/backend-wasm';
import type { Contender } from '../contender.ts';
import { prepareInfer, prepareTrain } from './prepare-model.ts';
import { prepareStream } from './prepare-stream.ts';
import { workOf } from './work-of.ts';

export const wasm: Contender = {
  name: 'wasm',
  kind: 'backend',
  prepare: async (problem) => {
    if (problem.mode === 'stream') {
      if (problem.cell !== 'cfc') return { unsupported: 'streaming is timed with CfC' };
      return prepareStream(await openWasm(), problem);
    }
    const backend = await openWasm();
    return (problem.mode === 'infer' ? prepareInfer : prepareTrain)(backend, workOf(problem));
  },
};
