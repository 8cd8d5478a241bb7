/**
 * What this process needs of koffi: the address of memory, functions of shared objects, and one of the system's.
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
  /** Asks the system for large pages behind memory, where it has any to give; `from` and `bytes` are multiples of 2 MiB. */
  largePages(from: bigint, bytes: number): void;
}

/** MADV_HUGEPAGE of Linux. */
const hugePages = 14;

/** Loads koffi. Throws `capability` if it has no binary for this machine. */
export async function loadForeign(): Promise<Foreign> {
  try {
    const { default: koffi } = await import('koffi');
    return {
      address: (memory) => koffi.address(memory),
      largePages: process.platform === 'linux' ? advise(koffi) : () => undefined,
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

/** Advice on memory. What the system makes of it is its business, as is having no ear for it: pages differ in speed only. */
function advise(koffi: Pick<typeof import('koffi'), 'load'>): Foreign['largePages'] {
  try {
    const madvise = koffi.load(null).func('madvise', 'int', ['uintptr_t', 'size_t', 'int']);
    return (from, bytes) => {
      madvise(from, bytes, hugePages);
    };
  } catch {
    return () => undefined;
  }
}
