/**
 * The backends that parity is checked on, by name.
 */

import { wasm } from '@rheo/backend-wasm';
import type { Backend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import { optionalPasses } from '@rheo/passes';

const makers: Readonly<Record<string, () => Promise<Backend>>> = {
  reference: async () => referenceBackend(),
  wasm: () => wasm({ passes: optionalPasses }),
};

export const backendNames: readonly string[] = Object.keys(makers);

/** Makes a backend. Throws for an unknown name. */
export async function createBackend(name: string): Promise<Backend> {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined) throw new Error(`no backend "${name}"; there are ${backendNames.join(', ')}`);
  return await make();
}
