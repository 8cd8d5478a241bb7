/**
 * The two things that this process needs of koffi: the address of memory, and functions of shared objects.
 *
 * It is loaded when a backend is created, so that a machine for which it has no binary hears so, instead of failing to
 * import the package.
 */

import { RheoError } from '@rheo/ir';

/** A loaded object. */
export interface LoadedObject {
  /** A function that takes one address and returns nothing. */
  entry(name: string): (table: bigint) => void;
  unload(): void;
}

/** Calls across the border of JavaScript. */
export interface Foreign {
  /** Address of the first byte of memory that never moves: an ArrayBuffer that was made as such. */
  address(memory: ArrayBuffer): bigint;
  load(path: string): LoadedObject;
}

/** Loads koffi. Throws `capability` if it has no binary for this machine. */
export async function loadForeign(): Promise<Foreign> {
  try {
    const { default: koffi } = await import('koffi');
    return {
      address: (memory) => koffi.address(memory),
      load: (path) => {
        const library = koffi.load(path);
        return {
          entry: (name) => library.func(name, 'void', ['uintptr_t']) as (table: bigint) => void,
          unload: () => library.unload(),
        };
      },
    };
  } catch (cause) {
    throw new RheoError('capability', {
      from: '@rheo/backend-native',
      what: `koffi, which calls compiled code, does not load on ${process.platform} ${process.arch}`,
      remedy: 'Install again without omitting optional dependencies, or use the wasm backend',
      cause,
    });
  }
}
