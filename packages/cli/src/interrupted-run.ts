/**
 * What a run that was stopped or killed left in its folder: how it was set up, where its training stands, and how long its
 * epochs took. Metrics beyond the checkpoint are of an epoch that will be run again, and are taken out.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainingState } from '@rheo/train';
import { fromTrainingCheckpoint } from '@rheo/train';
import type { RunFolder } from './run-folder.ts';

/** Name of the training checkpoint in a run folder. */
export const checkpointFile = 'checkpoint.safetensors';

/** A run to go on with. */
export interface InterruptedRun<Settings> {
  readonly settings: Settings;
  /** Undefined for a run that was ended before its first epoch was over. */
  readonly state: TrainingState | undefined;
  /** Duration of each epoch that is done. */
  readonly seconds: readonly number[];
}

/**
 * Reads a run and makes its metrics end where its checkpoint does. `readSettings` is handed the object of `config.json` and
 * its name. Throws `format` naming the file.
 */
export async function readInterruptedRun<Settings>(
  run: RunFolder,
  readSettings: (config: Readonly<Record<string, unknown>>, file: string) => Settings,
): Promise<InterruptedRun<Settings>> {
  const settings = readSettings(readObject(join(run.files, 'config.json')), join(run.path, 'config.json'));
  const file = join(run.files, checkpointFile);
  const shown = join(run.path, checkpointFile);
  const state = existsSync(file) ? fromTrainingCheckpoint(readFileSync(file), { file: shown }) : undefined;
  const done = state?.training.history.length ?? 0;
  const seconds: number[] = [];
  const kept = readLines(join(run.files, 'metrics.jsonl')).filter(({ event, epoch, seconds: taken }) => {
    if (event !== 'epoch') return event !== 'result';
    if (typeof epoch !== 'number' || epoch > done || typeof taken !== 'number') return false;
    seconds.push(taken);
    return true;
  });
  await run.write('metrics.jsonl', kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return { settings, state, seconds };
}

function readObject(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Lines that are whole: the last one may have been cut off. */
function readLines(file: string): Readonly<Record<string, unknown>>[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Readonly<Record<string, unknown>>];
    } catch {
      return [];
    }
  });
}
