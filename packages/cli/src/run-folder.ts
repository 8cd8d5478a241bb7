/**
 * A run folder: it appears under its name whole, with all of its files, or not at all.
 *
 * While a run goes on its files lie in a hidden folder beside the final one, `.NAME.part`, whose creation claims the
 * name: a second run for the same folder is refused. `finish` renames it; `discard` removes it without a trace.
 */

import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { writeBytes } from '@rheo/data/node';
import { badFile } from './failure.ts';

/** A claimed folder. */
export interface RunFolder {
  /** Where the files will be, as the user should see it. */
  readonly path: string;
  /** Adds a line to a file that grows with the run. */
  append(name: string, line: string): void;
  write(name: string, bytes: Uint8Array | string): Promise<void>;
  /** Gives the folder its name. */
  finish(): void;
  /** Removes everything; does nothing after `finish`. */
  discard(): void;
}

/** Claims a folder. Throws `file` when it exists and holds something, is claimed, or cannot be made. */
export function claimRunFolder(folder: string, path: string): RunFolder {
  const target = resolve(folder, path);
  refuseUsed(target, path);
  const part = join(dirname(target), `.${basename(target)}.part`);
  let made: string | undefined;
  const forget = (): void => {
    for (let at = dirname(target); made !== undefined && at.startsWith(made); at = dirname(at)) {
      if (readdirSync(at).length > 0) return;
      rmdirSync(at);
    }
  };
  try {
    made = mkdirSync(dirname(target), { recursive: true });
    mkdirSync(part);
  } catch (cause) {
    forget();
    const code = codeOf(cause);
    if (code === 'EEXIST' && existsSync(part)) {
      const remedy = `Choose another folder; if no run is going on, remove ${part}`;
      throw badFile('file', 'another run is writing there, or one was killed', path, remedy);
    }
    const remedy = 'Choose a folder that may be written to: --out DIR';
    throw badFile('file', `the run folder cannot be made (${code})`, path, remedy);
  }
  let open = true;
  const discard = (): void => {
    process.off('exit', discard);
    if (!open) return;
    open = false;
    rmSync(part, { recursive: true, force: true });
    forget();
  };
  // Whatever ends the process early.
  process.on('exit', discard);
  return {
    path,
    append: (name, line) => appendFileSync(join(part, name), `${line}\n`),
    write: (name, bytes) => writeBytes(join(part, name), bytes),
    finish: () => {
      refuseUsed(target, path);
      // An empty folder may be there already; not every system renames onto one.
      if (existsSync(target)) rmdirSync(target);
      renameSync(part, target);
      open = false;
      process.off('exit', discard);
    },
    discard,
  };
}

/** The first free `runs/NAME-DATE-N`, claimed. */
export function claimNextRunFolder(folder: string, name: string, date: Date): RunFolder {
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((n) => String(n).padStart(2, '0'))
    .join('-');
  for (let n = 1; ; n++) {
    const path = join('runs', `${name}-${day}-${n}`);
    const target = resolve(folder, path);
    if (existsSync(target) || existsSync(join(dirname(target), `.${basename(target)}.part`))) continue;
    return claimRunFolder(folder, path);
  }
}

function refuseUsed(target: string, path: string): void {
  let names: string[];
  try {
    names = readdirSync(target);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return;
    const remedy = 'Choose a folder that does not exist yet: --out DIR';
    throw badFile('file', `this is no folder that can be used (${codeOf(cause)})`, path, remedy);
  }
  if (names.length > 0) {
    throw badFile('file', 'the folder exists and is not empty', path, 'Choose a new folder for this run: --out DIR');
  }
}

function codeOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : String(cause);
}
