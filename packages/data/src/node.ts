/**
 * Files on a disk for Node: `@rheo/data/node`. Reading gives bytes or a DataError that names the path; writing goes
 * through a temporary file in the same folder and a rename, so that no reader ever sees half a file and a failure
 * leaves none behind. Contains no file format.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from './data-error.ts';
import { readNpy } from './read-npy.ts';
import { loadWalker2d, type Walker2d, type Walker2dOptions, walker2dFromZip } from './walker2d.ts';

export { type DiskOptions, fitOnDisk, type PreparedOnDisk } from './node/fit-on-disk.ts';
export { type EvaluationOnDisk, prepareOnDisk } from './node/prepare-on-disk.ts';
export type { StoredEvaluation, StoredSequences } from './node/stored-sequences.ts';

/** All bytes of a file. Errors: `file`. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * Writes a file whole or not at all, making missing folders and replacing an older file of the name.
 * Errors: `file` (no permission, no space, a folder of that name).
 */
export async function writeBytes(
  path: string,
  bytes: Uint8Array | string,
  { makeFolder = true }: { readonly makeFolder?: boolean } = {},
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  let handle: FileHandle | undefined;
  try {
    if (makeFolder) await mkdir(dirname(path), { recursive: true });
    handle = await open(temporary, 'wx');
    await handle.writeFile(bytes);
    // Without it a power cut could leave the new name with old or no contents.
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
  } catch (cause) {
    await handle?.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new DataError(
      'file',
      `the file cannot be written (${reason(cause)})`,
      { file: path, remedy: 'Choose a folder that exists, may be written to and has free space.' },
      { cause },
    );
  }
}

/** The Walker2d data set from a ZIP archive or a folder of `.npy` rollouts. Errors: DataError, see `loadWalker2d`. */
export async function readWalker2d(path: string, options: Walker2dOptions = {}): Promise<Walker2d> {
  const folder = await stat(path).then(
    (found) => found.isDirectory(),
    (cause: unknown) => {
      throw unreadable(path, cause);
    },
  );
  if (!folder) return walker2dFromZip(await readBytes(path), { ...options, file: path });
  const names = (await readdir(path)).filter((name) => name.endsWith('.npy') && !name.startsWith('.')).sort();
  if (names.length === 0) {
    throw new DataError('value', 'no .npy file in the folder', {
      file: path,
      remedy: 'Pass the folder that holds rollout_NNN.npy, or the archive.',
    });
  }
  const files = [];
  for (const name of names) {
    const file = join(path, name);
    files.push({ name, data: readNpy(await readBytes(file), { file }) });
  }
  return loadWalker2d(files, options);
}

function unreadable(path: string, cause: unknown): DataError {
  const missing = code(cause) === 'ENOENT' || code(cause) === 'ENOTDIR';
  return new DataError(
    'file',
    missing ? 'the file does not exist' : `the file cannot be read (${reason(cause)})`,
    { file: path, remedy: missing ? 'Check the path.' : 'Pass the path of a file that may be read.' },
    { cause },
  );
}

function code(cause: unknown): string | undefined {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined;
}

function reason(cause: unknown): string {
  return code(cause) ?? String(cause);
}
