/**
 * One process at a time in a run folder, or at a file: a file with the number of the process that writes there. A process that was
 * killed leaves its file behind, and the next takes it over.
 */

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { badFile } from './failure.ts';

const fileName = '.running';

/** Locks that this process holds: a file with its number that is none of them is of a dead process of the same number. */
const held = new Set<string>();

/** Takes the folder and gives how to release it. Throws `file` while another process is at work in it. */
export function lockRun(folder: string, path: string): () => void {
  const file = join(folder, fileName);
  return takeLock(file, path, `Wait until it ends; if it is no training, remove ${file}`);
}

/** Makes the file and gives how to release it. Throws `file` about `path`, with the remedy, while another process has it. */
export function takeLock(file: string, path: string, remedy: string): () => void {
  const owner = ownerOf(file);
  if (owner !== undefined) {
    const ours = owner === process.pid;
    if (ours ? held.has(file) : isAlive(owner))
      throw badFile('file', `process ${owner} is writing there`, path, remedy);
    const dead = `${file}.${process.pid}`;
    try {
      // Of several that find the file of a dead process, one moves it.
      renameSync(file, dead);
    } catch {
      throw badFile('file', 'another process has just begun to write there', path, remedy);
    }
    rmSync(dead, { force: true });
  }
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw badFile('file', 'another process has just begun to write there', path, remedy);
    }
    throw badFile('file', `nothing can be written beside it (${String(cause)})`, path, 'Choose another folder');
  }
  held.add(file);
  return () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
}

function ownerOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of somebody else is one as well.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
