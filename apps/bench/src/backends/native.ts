/**
 * Rheo on its native backend: the same models and Programs as on WebAssembly, through C built on this machine.
 *
 * Objects are built into a folder that is made for each run, so that the compile time is what a first use costs; a second
 * backend on the same folder then tells what every later use costs.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native as openNative } from '@rheo/backend-native';
import type { Contender } from '../contender.ts';
import { onSync } from './on-sync.ts';

/** On one thread. */
export const native: Contender = { ...onThreads('native', 1), scales: true };

/** For what two threads gain; only what has independent parts is shared out. */
export const nativeOnTwo: Contender = onThreads('native-2', 2);

function onThreads(name: string, threads: number): Contender {
  return {
    name,
    kind: 'backend',
    prepare: async (problem) => {
      const cacheFolder = mkdtempSync(join(tmpdir(), 'rheo-bench-'));
      const forget = (): void => rmSync(cacheFolder, { recursive: true, force: true });
      const built = onSync(name, () => openNative({ cacheFolder, threads }));
      try {
        const prepared = await built.prepare(problem);
        if ('unsupported' in prepared) {
          forget();
          return prepared;
        }
        const again = await built.prepare(problem);
        const cachedMs = 'builtMs' in again ? again.builtMs : undefined;
        if ('dispose' in again) await again.dispose();
        return {
          ...prepared,
          ...(cachedMs === undefined ? {} : { cachedMs }),
          async dispose() {
            await prepared.dispose();
            forget();
          },
        };
      } catch (error) {
        forget();
        throw error;
      }
    },
  };
}
