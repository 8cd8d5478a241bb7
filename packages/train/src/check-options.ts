/**
 * Checks the options of a loss, an optimiser or a schedule against a table of what each takes: misspelt names and numbers
 * out of range are refused before anything is traced.
 */

import { RheoError } from '@rheo/ir';

/** What an option takes; a list is a choice of words, `given` is left to the caller. */
export type OptionRule =
  | 'positive'
  | 'not negative'
  | 'between 0 and 1'
  | 'from 0 to 1'
  | 'below 1'
  | 'count'
  | 'whole'
  | 'flag'
  | 'given'
  | readonly string[];

interface Rule {
  readonly takes: string;
  fits(value: unknown): boolean;
}

const number = (takes: string, inRange: (x: number) => boolean): Rule => ({
  takes,
  fits: (value) => typeof value === 'number' && Number.isFinite(value) && inRange(value),
});

const rules: { readonly [rule in Exclude<OptionRule, readonly string[]>]: Rule } = {
  positive: number('a finite number above 0', (x) => x > 0),
  'not negative': number('a finite number of at least 0', (x) => x >= 0),
  'between 0 and 1': number('a number between 0 and 1', (x) => x > 0 && x < 1),
  'from 0 to 1': number('a number from 0 to 1', (x) => x >= 0 && x <= 1),
  'below 1': number('a number of at least 0 and below 1', (x) => x >= 0 && x < 1),
  count: number('a whole number of at least 1', (x) => Number.isSafeInteger(x) && x >= 1),
  whole: number('a whole number of at least 0', (x) => Number.isSafeInteger(x) && x >= 0),
  flag: { takes: 'true or false', fits: (value) => typeof value === 'boolean' },
  given: { takes: 'any value', fits: () => true },
};

const oneOf = (words: readonly string[]): Rule => ({
  takes: words.map((word) => `"${word}"`).join(' or '),
  fits: (value) => words.includes(String(value)),
});

/** Throws `argument`, naming the option, for one that is unknown or not as its rule says; undefined counts as not given. */
export function checkOptions(of: string, options: object, table: { readonly [option: string]: OptionRule }): void {
  const wrong = (what: string, where: string, remedy: string): RheoError =>
    new RheoError('argument', { from: '@rheo/train', what: `${of}: ${what}`, where, remedy });
  for (const [option, value] of Object.entries(options)) {
    const rule = Object.hasOwn(table, option) ? table[option] : undefined;
    if (rule === undefined) {
      throw wrong(`no option "${option.slice(0, 80)}"`, option, `There are ${Object.keys(table).join(', ')}`);
    }
    if (value === undefined) continue;
    const { takes, fits } = typeof rule === 'string' ? rules[rule] : oneOf(rule);
    if (!fits(value)) throw wrong(`${option} is ${String(value).slice(0, 80)}`, option, `It takes ${takes}`);
  }
}
