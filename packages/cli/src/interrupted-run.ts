/**
 * What a run that was stopped or killed left in its folder: how it was set up, where its training stands, and how long its
 * epochs took. Metrics beyond the checkpoint are of an epoch that will be run again, and are taken out.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainingState } from '@rheo/train';
import { fromTrainingCheckpoint } from '@rheo/train';
import { badFile } from './failure.ts';
import { recipes } from './recipes.ts';
import type { RunFolder } from './run-folder.ts';

/** Name of the training checkpoint in a run folder. */
export const checkpointFile = 'checkpoint.safetensors';

/** How a run was set up. */
export interface RunSettings {
  readonly recipe: string;
  readonly epochs: number;
  readonly seed: number;
  /** As `--backend` takes it. */
  readonly backend: string;
  readonly data: { readonly path: string; readonly fingerprint: string };
}

/** A run to go on with. */
export interface InterruptedRun {
  readonly settings: RunSettings;
  /** Undefined for a run that was ended before its first epoch was over. */
  readonly state: TrainingState | undefined;
  /** Duration of each epoch that is done. */
  readonly seconds: readonly number[];
}

/** Reads a run and makes its metrics end where its checkpoint does. Throws `format` naming the file. */
export async function readInterruptedRun(run: RunFolder): Promise<InterruptedRun> {
  const settings = readSettings(run);
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

function readSettings({ files, path }: RunFolder): RunSettings {
  const { task, recipe, epochs, seed, backend_option: backend, data } = readObject(join(files, 'config.json'));
  const { path: dataPath, fingerprint } = (data ?? {}) as Readonly<Record<string, unknown>>;
  const numbers = [epochs, seed].every((value) => Number.isSafeInteger(value) && Number(value) >= 0);
  const texts = [recipe, backend, dataPath, fingerprint].every((value) => typeof value === 'string');
  if (task === 'walker2d' && numbers && texts && Object.hasOwn(recipes, String(recipe))) {
    return { recipe, epochs, seed, backend, data: { path: dataPath, fingerprint } } as RunSettings;
  }
  const remedy = 'Train anew; the file must be as rheo train walker2d wrote it';
  throw badFile('format', 'the settings of the run are not whole', join(path, 'config.json'), remedy);
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
