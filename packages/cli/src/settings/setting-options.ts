/**
 * The settings as options of the command line.
 */

import { InvalidArgumentError, Option } from 'commander';
import { readBackendName } from '../backends/backend-name.ts';
import { optionOf, settingKeys, settingTable } from './train-settings.ts';

/** An option for each setting, in groups for help. Commander gives them under the keys of the settings. */
export function settingOptions(): Option[] {
  return settingKeys.map((key) => {
    const { group, shown, about, takes } = settingTable[key];
    return new Option(`--${optionOf(key)} <${shown}>`, about).helpGroup(`${group}:`).argParser((text: string) => {
      // It knows nearest names, and says what is there.
      if (key === 'backend') return readBackendName(text).full;
      const value = takes.read(takes.parse(text));
      if (value === undefined) throw new InvalidArgumentError(`It takes ${takes.what}.`);
      // commander takes null for an option without a value.
      return value === null ? none : value;
    });
  });
}

/** The options with the settings among them as they are: `none` is null. */
export function readSettingOptions<Options extends object>(options: Options): Options {
  const entries = Object.entries(options).map(([key, value]) => [key, value === none ? null : value] as const);
  return Object.fromEntries(entries) as Options;
}

const none = Symbol('none');
