/**
 * A run folder: it appears under its name whole, with all of its files, or not at all.
 *
 * While a run goes on its files lie in a hidden folder beside the final one, `.NAME.part`, whose creation claims the
 * name: a second run for the same folder is refused. `finish` renames it; `discard` removes it without a trace, unless
 * there is a checkpoint in it. A run that is resumed goes on in the folder that it left, one process at a time.
 */

import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { writeBytes } from '@rheo/data/node';
import { badFile } from './failure.ts';
import { lockRun } from './run-lock.ts';

/** A claimed folder. */
export interface RunFolder {
  /** Where the files will be, as the user should see it. */
  readonly path: string;
  /** Where they are now, absolute. */
  readonly files: string;
  /** Adds a line to a file that grows with the run. */
  append(name: string, line: string): void;
  write(name: string, bytes: Uint8Array | string): Promise<void>;
  /** Whether there is something to go on from, for which `discard` leaves the files where they are. */
  keep(wanted?: boolean): void;
  /** Gives the folder its name. */
  finish(): void;
  /** Removes everything that is not to be kept; does nothing after `finish`. */
  discard(): void;
}

/** Claims a new folder. Throws `file` when it exists and holds something, is claimed, or cannot be made. */
export function claimRunFolder(folder: string, path: string): RunFolder {
  const target = resolve(folder, path);
  refuseUsed(target, path);
  const part = partOf(target);
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
      const remedy = `Choose another folder; if that run was killed, go on with it (--resume ${path}) or remove ${part}`;
      throw badFile('file', 'another run is writing there, or one was killed', path, remedy);
    }
    const remedy = 'Choose a folder that may be written to: --out DIR';
    throw badFile('file', `the run folder cannot be made (${code})`, path, remedy);
  }
  return openFolder(path, target, part, () => {
    removeFolder(part);
    forget();
  });
}

/**
 * Opens the folder of a run that was stopped or killed, under the name that it has or was to have. Throws `file` when
 * there is none, or when a process is at work in it.
 */
export function reopenRunFolder(folder: string, path: string): RunFolder {
  const given = resolve(folder, path);
  const hidden = /^\.(.+)\.part$/.exec(basename(given))?.[1];
  const target = hidden === undefined ? given : join(dirname(given), hidden);
  const shown = hidden === undefined ? path : join(dirname(path), hidden);
  const found = [partOf(target), target].find((at) => existsSync(join(at, 'config.json')));
  if (found === undefined) {
    const remedy = 'Pass the folder that rheo train named, or train anew';
    throw badFile('file', 'there is no run here to go on with', path, remedy);
  }
  // Files that were being written when the run was killed.
  const run = openFolder(shown, target, found, () => undefined);
  for (const name of readdirSync(found)) if (/^\..+\.part$/.test(name)) rmSync(join(found, name), { force: true });
  run.keep();
  return run;
}

function openFolder(path: string, target: string, at: string, drop: () => void): RunFolder {
  let unlock: () => void;
  try {
    unlock = lockRun(at, path);
  } catch (error) {
    if (at !== target) drop();
    throw error;
  }
  let open = true;
  let kept = false;
  const discard = (): void => {
    process.off('exit', discard);
    if (!open) return;
    open = false;
    unlock();
    if (!kept) drop();
  };
  // Whatever ends the process early.
  process.on('exit', discard);
  return {
    path,
    files: at,
    append: (name, line) => append(join(at, name), join(path, name), line),
    // A write that is under way when the process ends must not bring back a folder that was dropped.
    write: (name, bytes) => writeBytes(join(at, name), bytes, { makeFolder: false }),
    keep: (wanted = true) => {
      kept = wanted;
    },
    finish: () => {
      if (at !== target) {
        refuseUsed(target, path);
        // An empty folder may be there already; not every system renames onto one.
        if (existsSync(target)) rmdirSync(target);
      }
      open = false;
      unlock();
      if (at !== target) renameSync(at, target);
      process.off('exit', discard);
    },
    discard,
  };
}

/** Throws `file`, as when the disk is full. */
function append(file: string, shown: string, line: string): void {
  try {
    appendFileSync(file, `${line}\n`);
  } catch (cause) {
    throw badFile('file', `the file cannot be written (${codeOf(cause)})`, shown, 'Make room or mend the folder');
  }
}

/** The first free `runs/NAME-DATE-N`, claimed. */
export function claimNextRunFolder(folder: string, name: string, date: Date): RunFolder {
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((n) => String(n).padStart(2, '0'))
    .join('-');
  for (let n = 1; ; n++) {
    const path = join('runs', `${name}-${day}-${n}`);
    const target = resolve(folder, path);
    if (existsSync(target) || existsSync(partOf(target))) continue;
    return claimRunFolder(folder, path);
  }
}

/** A write that is under way may put a file there after the folder was read: then it is read again. */
function removeFolder(path: string): void {
  for (let attempts = 10; ; attempts--) {
    try {
      rmSync(path, { recursive: true, force: true });
      return;
    } catch (cause) {
      if (attempts === 1 || codeOf(cause) !== 'ENOTEMPTY') throw cause;
    }
  }
}

function partOf(target: string): string {
  return join(dirname(target), `.${basename(target)}.part`);
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
