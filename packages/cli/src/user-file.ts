/**
 * Files that the user named: read and written relative to the terminal's folder, and failures name them as the user did.
 */

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DataError } from '@rheo/data';
import { readBytes, writeBytes } from '@rheo/data/node';
import { misuse } from './failure.ts';

/** All bytes of a file. Throws `file`. */
export function readUserFile(folder: string, path: string): Promise<Uint8Array> {
  return namedAsGiven(folder, path, readBytes);
}

/** Writes a file whole or not at all. Throws `file`. */
export function writeUserFile(folder: string, path: string, bytes: Uint8Array | string): Promise<void> {
  return namedAsGiven(folder, path, (resolved) => writeBytes(resolved, bytes));
}

/** Throws `argument` when `out`, the value of `option`, is one of the files that the command reads. */
export function refuseInputs(folder: string, out: string, option: string, inputs: readonly string[]): void {
  const stat = (path: string) => {
    try {
      return statSync(resolve(folder, path), { bigint: true });
    } catch {
      return undefined;
    }
  };
  const target = stat(out);
  for (const input of inputs) {
    const read = stat(input);
    if (target === undefined || read === undefined || target.ino !== read.ino || target.dev !== read.dev) continue;
    throw misuse(`${out} is what the command reads and would be overwritten`, option, 'Name another file');
  }
}

/** Hands the resolved path to `use`; in a `DataError` of its, the file is named as given, and what lies in it after it. */
export async function namedAsGiven<T>(folder: string, path: string, use: (resolved: string) => Promise<T>): Promise<T> {
  const resolved = resolve(folder, path);
  try {
    return await use(resolved);
  } catch (error) {
    throw error instanceof DataError ? renamed(error, resolved, path) : error;
  }
}

/** The error with the file as given, and what lies in it after it. */
export function renamed({ code, details }: DataError, resolved: string, path: string): DataError {
  const { file = resolved, cause } = details;
  const named = file.startsWith(resolved) ? `${path}${file.slice(resolved.length)}` : `${path}/${file}`;
  return new DataError(code, details.what, { ...details, file: named }, cause === undefined ? {} : { cause });
}
