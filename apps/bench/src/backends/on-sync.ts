/**
 * Rheo on a backend whose memory is on this processor: what a user of the library gets, through models, `valueAndGrad`
 * and `stream`.
 */

import type { Backend } from '@rheo/ir';
import type { Contender } from '../contender.ts';
import { prepareInfer, prepareTrain } from './prepare-model.ts';
import { prepareStream } from './prepare-stream.ts';
import { workOf } from './work-of.ts';

/** A contender of our Programs on the synchronous backend that `open` creates. */
export function onSync(name: string, open: () => Promise<Backend>): Contender {
  return {
    name,
    kind: 'backend',
    scales: true,
    prepare: async (problem) => {
      if (problem.mode === 'stream' && problem.cell !== 'cfc') return { unsupported: 'streaming is timed with CfC' };
      const backend = await open();
      // What was measured before has left garbage, and taking memory makes engines collect it: not while we compile.
      (globalThis as { readonly gc?: () => void }).gc?.();
      try {
        const { threads } = backend.capabilities;
        const prepared =
          problem.mode === 'stream' && problem.cell === 'cfc'
            ? await prepareStream(backend, problem)
            : await (problem.mode === 'train' ? prepareTrain : prepareInfer)(backend, workOf(problem));
        return threads === 1 ? prepared : { ...prepared, threads };
      } catch (error) {
        await backend.dispose();
        throw error;
      }
    },
  };
}
