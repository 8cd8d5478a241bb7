/**
 * Writes a file whole or not at all, where there is a file system. Node's modules are asked for at run time and never
 * imported, so that bundles for browsers stay free of them.
 */

import { RheoError } from '@rheo/ir';

/** Writes through a temporary file and a rename. Throws `capability` outside of Node, `file` when it cannot be written. */
export async function saveFile(path: string, bytes: Uint8Array): Promise<void> {
  const { process } = globalThis as { readonly process?: NodeJS.Process };
  if (typeof process?.getBuiltinModule !== 'function') {
    throw new RheoError('capability', {
      from: '@rheo/train',
      what: 'there is no file system here to save to',
      where: path,
      remedy: 'Take the bytes from toBytes() and offer them as a download or store them',
    });
  }
  const { open, rename, rm } = process.getBuiltinModule('node:fs/promises');
  const { basename, dirname, join } = process.getBuiltinModule('node:path');
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.part`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      // Without it a power cut could leave the new name with old or no contents.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new RheoError('file', {
      from: '@rheo/train',
      what: `the file cannot be written (${cause instanceof Error ? cause.message : String(cause)})`,
      where: path,
      remedy: 'Choose a folder that exists, may be written to and has free space',
      cause,
    });
  }
}
