/**
 * Where states lie between two runs of a server: read at the start, written from time to time and at the end, whole or not
 * at all, by one server at a time.
 */

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { takeLock } from '../run-lock.ts';
import { readUserFile, writeUserFile } from '../user-file.ts';
import type { KeyStates } from './key-states.ts';
import type { StateSizes } from './state-file.ts';
import { readStates, writeStates } from './state-file.ts';

/** A file of states that this process has taken. */
export interface StateStore {
  readonly path: string;
  /** Reads the file if there is one. Throws `format`, `file`. */
  load(states: KeyStates): Promise<void>;
  /** Writes all states. One write at a time: a call while one is under way waits for it. Throws `file`. */
  save(states: KeyStates): Promise<void>;
  /** Lets others take the file. */
  release(): void;
}

/** Takes a file; `path` is relative to `folder`. Throws `file` while another process has it. */
export function stateStore(folder: string, path: string, sizes: StateSizes): StateStore {
  const file = resolve(folder, path);
  const remedy = 'Stop it, or keep these states in a file of their own (--state)';
  const unlock = takeLock(`${file}.lock`, path, remedy);
  // A second signal ends the process at once.
  process.once('exit', unlock);
  dropUnfinished(file);
  let writing: Promise<void> = Promise.resolve();
  return {
    path,
    load: async (states) => {
      if (!existsSync(file)) return;
      readStates(await readUserFile(folder, path), path, states, sizes);
    },
    save: (states) => {
      const next = writing.then(() => writeUserFile(folder, path, writeStates(states, sizes)));
      writing = next.catch(() => {});
      return next;
    },
    release: () => {
      process.off('exit', unlock);
      unlock();
    },
  };
}

/** Removes what a process that was killed had begun to write. */
function dropUnfinished(file: string): void {
  const start = `.${basename(file)}.`;
  for (const name of readdirSync(dirname(file))) {
    if (name.startsWith(start) && name.endsWith('.part')) rmSync(join(dirname(file), name), { force: true });
  }
}

/** Where states lie unless the user says: beside the model, under its name. */
export function stateFileOf(model: string): string {
  const name = basename(model);
  return `${model.slice(0, model.length - name.length)}${name.replace(/\.safetensors$/, '')}.states`;
}
