/**
 * Rheo on its native backend: the same models and Programs as on WebAssembly, through C built on this machine.
 *
 * Objects are built into a folder that is made for each run, so that `compile_ms` is what a first use costs.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native as openNative } from '@rheo/backend-native';
import type { Contender, Prepared } from '../contender.ts';
import { prepareInfer, prepareTrain } from './prepare-model.ts';
import { prepareStream } from './prepare-stream.ts';
import { workOf } from './work-of.ts';

export const native: Contender = {
  name: 'native',
  kind: 'backend',
  prepare: async (problem) => {
    if (problem.mode === 'stream' && problem.cell !== 'cfc') return { unsupported: 'streaming is timed with CfC' };
    const cacheFolder = mkdtempSync(join(tmpdir(), 'rheo-bench-'));
    const backend = await openNative({ cacheFolder });
    let prepared: Prepared;
    if (problem.mode === 'stream' && problem.cell === 'cfc') prepared = await prepareStream(backend, problem);
    else prepared = await (problem.mode === 'infer' ? prepareInfer : prepareTrain)(backend, workOf(problem));
    return {
      ...prepared,
      async dispose() {
        await prepared.dispose();
        rmSync(cacheFolder, { recursive: true, force: true });
      },
    };
  },
};
