/**
 * The folder in which built objects are kept, by the digest of all that went into them, and plans for them as text.
 *
 * It belongs to the user alone: loading an object runs it. A file is written under another name and renamed, so that it is
 * there whole or not at all; beside it lies the digest of its bytes, and an object that differs from it, belongs to
 * somebody else or may be written by others is not loaded but built anew.
 */

import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { RheoError } from '@rheo/ir';

/** Where objects are kept unless a folder is named. */
export function defaultCacheFolder(): string {
  const { XDG_CACHE_HOME: xdg } = process.env;
  if (xdg?.startsWith('/')) return join(xdg, 'rheo', 'native');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'rheo', 'native');
  return join(homedir(), '.cache', 'rheo', 'native');
}

/** Objects in a folder. */
export class ObjectCache {
  readonly folder: string;

  /** Makes the folder if it is not there. Throws `file` if it cannot be had or is open to others. */
  constructor(folder: string) {
    this.folder = resolve(folder);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      const stat = lstatSync(this.folder);
      if (!stat.isDirectory()) throw new Error('it is no folder');
      if (!mine(stat.uid)) throw new Error('it belongs to another user');
      if ((stat.mode & 0o077) !== 0) chmodSync(this.folder, 0o700);
    } catch (cause) {
      throw new RheoError('file', {
        from: '@rheo/backend-native',
        what: `the cache folder ${this.folder} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: 'Name a folder of your own: native({ cacheFolder })',
        cause,
      });
    }
  }

  /** Path of a whole and trustworthy object, or undefined. */
  find(key: string): string | undefined {
    const path = this.#path(key);
    try {
      if (!trusted(path)) return undefined;
      const wanted = readFileSync(this.#digestPath(key), 'utf8').trim();
      return digest(readFileSync(path)) === wanted ? path : undefined;
    } catch {
      // Not there, not readable, or going away: build it.
      return undefined;
    }
  }

  /** A name for an object that is being built. */
  temporary(key: string): string {
    return join(this.folder, `${key}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
  }

  /** Takes a built object in under its key and returns its path. */
  keep(key: string, built: string): string {
    const path = this.#path(key);
    try {
      chmodSync(built, 0o700);
      const sum = `${built}.sum`;
      writeFileSync(sum, `${digest(readFileSync(built))}\n`, { mode: 0o600 });
      renameSync(built, path);
      renameSync(sum, this.#digestPath(key));
      return path;
    } catch (cause) {
      rmSync(built, { force: true });
      throw new RheoError('file', {
        from: '@rheo/backend-native',
        what: `an object cannot be written to ${this.folder}`,
        remedy: 'Make room there, or name another folder: native({ cacheFolder })',
        cause,
      });
    }
  }

  /** Text that was kept under a key and that nobody else may write, or undefined. Whether it is whole its reader tells. */
  findText(key: string): string | undefined {
    const path = this.#textPath(key);
    try {
      return trusted(path) ? readFileSync(path, 'utf8') : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps a text under a key. A folder that is full or may only be read keeps none, which costs no more than time. */
  keepText(key: string, text: string): void {
    const written = this.temporary(key);
    try {
      writeFileSync(written, text, { mode: 0o600 });
      renameSync(written, this.#textPath(key));
    } catch {
      rmSync(written, { force: true });
    }
  }

  #path(key: string): string {
    return join(this.folder, `${key}.so`);
  }

  #textPath(key: string): string {
    return join(this.folder, `${key}.plan`);
  }

  #digestPath(key: string): string {
    return join(this.folder, `${key}.sha256`);
  }
}

/** True for a file of the user's that nobody else may write. */
function trusted(path: string): boolean {
  const stat = lstatSync(path);
  return stat.isFile() && mine(stat.uid) && (stat.mode & 0o022) === 0;
}

function mine(uid: number): boolean {
  return process.getuid === undefined || uid === process.getuid();
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
