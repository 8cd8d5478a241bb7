/**
 * Which Walker2d file a command uses when none is named: the bundled sample inside the repository, and for a model file
 * the data it was trained on, if that can be found.
 */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { misuse } from './failure.ts';
import type { ModelRecord } from './model-record.ts';
import { bundledSample } from './sample.ts';

const origin =
  "Get walker.zip, the 400 rollouts of the authors' CfC repository (github.com/raminmh/CfC names the download), " +
  'and pass it: --data walker.zip. An archive or a folder of your own rollout_NNN.npy files will do as well';

/** The data to train on. Throws `argument` saying where to get it. */
export function trainingSource(given: string | undefined): { readonly path: string; readonly bundled: boolean } {
  if (given !== undefined) return { path: given, bundled: false };
  const sample = bundledSample();
  if (sample === undefined) throw misuse('walker2d needs its data', '--data', origin);
  return { path: sample, bundled: true };
}

/** Paths at which the data of a model may lie, the likeliest first. */
export function evaluationSources(folder: string, modelPath: string, record: ModelRecord | undefined): string[] {
  const beside = dirname(resolve(folder, modelPath));
  const paths = [recordedPath(join(beside, 'config.json'))];
  if (record !== undefined) paths.push(join(beside, record.dataName), resolve(folder, record.dataName));
  paths.push(bundledSample());
  return [...new Set(paths.filter((path) => path !== undefined && existsSync(path)))] as string[];
}

/** The failure when none of them will do. */
export function noSource(record: ModelRecord | undefined): Error {
  const what =
    record === undefined
      ? 'the model does not say what data it was trained on'
      : `its data ${record.dataName} was not found`;
  return misuse(what, '--data', `Pass the data: --data FILE. ${origin}`);
}

function recordedPath(config: string): string | undefined {
  try {
    const { data } = JSON.parse(readFileSync(config, 'utf8')) as { data?: { path?: unknown } };
    return typeof data?.path === 'string' ? data.path : undefined;
  } catch {
    return undefined;
  }
}
