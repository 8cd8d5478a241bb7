/**
 * One process at a time in a run folder: a file with the number of the process that writes there. A process that was
 * killed leaves its file behind, and the next takes it over.
 */

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { badFile } from './failure.ts';

const fileName = '.running';

/** Takes the folder and gives how to release it. Throws `file` while another process is at work in it. */
export function lockRun(folder: string, path: string): () => void {
  const file = join(folder, fileName);
  const owner = ownerOf(file);
  if (owner !== undefined) {
    if (owner === process.pid || isAlive(owner)) throw busy(path, `process ${owner} is writing there`, file);
    const dead = `${file}.${process.pid}`;
    try {
      // Of several that find the file of a dead process, one moves it.
      renameSync(file, dead);
    } catch {
      throw busy(path, 'another process has just begun to write there', file);
    }
    rmSync(dead, { force: true });
  }
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw busy(path, 'another process has just begun to write there', file);
    }
    throw badFile('file', `the run folder cannot be written to (${String(cause)})`, path, 'Choose another folder');
  }
  return () => rmSync(file, { force: true });
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

function busy(path: string, what: string, file: string): Error {
  return badFile('file', what, path, `Wait until it ends; if it is no training, remove ${file}`);
}
