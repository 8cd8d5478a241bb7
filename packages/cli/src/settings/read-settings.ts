/**
 * Settings from the JSON of a configuration file, every key and value checked, and the JSON schema of such files.
 */

import { nearestName } from '../backends/nearest-name.ts';
import { badFile } from '../failure.ts';
import type { JsonSchema, Takes } from './takes.ts';
import { names } from './takes.ts';
import type { TrainSettings } from './train-settings.ts';
import { settingKeys, settingTable } from './train-settings.ts';

const data: Takes<readonly string[]> = names('files');

/**
 * The settings of an object. Throws `format` naming the file and the key: one that there is not, with the nearest that
 * there is, or a value that does not fit.
 */
export function readSettings(
  object: Readonly<Record<string, unknown>>,
  file: string,
): { readonly [Key in keyof TrainSettings]?: TrainSettings[Key] } {
  const rules = new Map<string, Takes<unknown>>([
    ['data', data],
    ...settingKeys.map((key) => [key, settingTable[key].takes] as const),
  ]);
  const read = new Map<string, unknown>();
  for (const [key, value] of Object.entries(object)) {
    // What editors look for.
    if (key === '$schema') continue;
    const takes = rules.get(key);
    if (takes === undefined) throw unknownKey(key, [...rules.keys()], file);
    const found = takes.read(value);
    if (found === undefined) {
      const shown = JSON.stringify(value)?.slice(0, 60) ?? typeof value;
      throw badFile('format', `${key} is ${shown}`, file, `It takes ${takes.what}`);
    }
    read.set(key, found);
  }
  return Object.fromEntries(read);
}

function unknownKey(key: string, known: readonly string[], file: string): Error {
  const near = nearestName(key, known);
  const guess = near === undefined ? `There are ${known.join(', ')}` : `Did you mean ${near}?`;
  return badFile('format', `there is no setting ${JSON.stringify(key.slice(0, 60))}`, file, guess);
}

/** The schema of a configuration file, for editors; `schema/train.schema.json` holds its text. */
export function settingsSchema(): JsonSchema {
  const settings = settingKeys.map((key) => {
    const { about, takes } = settingTable[key];
    return [key, { description: `${about[0]?.toUpperCase()}${about.slice(1)}.`, ...takes.schema }] as const;
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of rheo train',
    description: 'Settings of a training on a table. What is absent is chosen from the data; (…) says how.',
    type: 'object',
    additionalProperties: false,
    required: ['data'],
    properties: {
      $schema: { type: 'string' },
      data: { description: 'Files of the training, relative to this one.', ...data.schema },
      ...Object.fromEntries(settings),
    },
  };
}
