/**
 * Configuration files of `rheo train`: JSON with the settings, files in it relative to its own folder. The `config.json`
 * of a run folder is one, with absolute paths, so that a run can be repeated from anywhere.
 */

import { dirname, isAbsolute, join, resolve } from 'node:path';
import { badFile } from '../failure.ts';
import { readJsonFile } from '../json-file.ts';
import { readSettings } from './read-settings.ts';
import type { PartSource, TrainSettings } from './train-settings.ts';

/** Settings of which any may be absent. */
export type GivenSettings = { readonly [Key in keyof TrainSettings]?: TrainSettings[Key] };

/** Reads a configuration file. Throws `file` or `format` naming file and key. */
export async function readConfigFile(folder: string, path: string): Promise<GivenSettings> {
  const object = await readJsonFile(folder, path, 'Pass a JSON file as rheo init writes it');
  if (object['task'] === 'walker2d') {
    const remedy = 'Pass its settings as options: rheo train walker2d --help';
    throw badFile('format', 'this is the configuration of a run of walker2d', path, remedy);
  }
  const beside = dirname(path);
  return mapFiles(readSettings(object, path), (file) => (isAbsolute(file) ? file : join(beside, file)));
}

/** The text of a configuration file that means the same in any folder. */
export function configText(settings: GivenSettings, folder: string): string {
  return `${JSON.stringify(
    mapFiles(settings, (file) => resolve(folder, file)),
    null,
    2,
  )}\n`;
}

/** The settings with their files under other names. */
export function mapFiles(settings: GivenSettings, name: (file: string) => string): GivenSettings {
  const { data, validation, test, ...rest } = settings;
  const part = (given: PartSource): PartSource => (typeof given === 'number' ? given : given.map(name));
  return {
    ...(data === undefined ? {} : { data: data.map(name) }),
    ...(validation === undefined ? {} : { validation: part(validation) }),
    ...(test === undefined ? {} : { test: part(test) }),
    ...rest,
  };
}
