/**
 * The backends that a command can run on, by name.
 */

import { wasm } from '@rheo/backend-wasm';
import type { SyncBackend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';

/** Name to how it is made. */
export const backends: Readonly<Record<string, () => Promise<SyncBackend>>> = {
  wasm: () => wasm(),
  reference: async () => referenceBackend({ precision: 'single' }),
};

/** Runs `use` with a backend and disposes it afterwards. */
export async function withBackend<T>(name: string, use: (backend: SyncBackend) => Promise<T>): Promise<T> {
  const create = Object.hasOwn(backends, name) ? backends[name] : undefined;
  if (create === undefined) throw new Error(`there is no backend ${name}`);
  const backend = await create();
  try {
    return await use(backend);
  } finally {
    await backend.dispose();
  }
}
