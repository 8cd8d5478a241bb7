/**
 * What `rheo init` asks, in order, and what it proposes from the columns and the answers so far.
 */

import type { Table } from '@rheo/data';
import { isRheoError } from '@rheo/ir';
import type { GivenSettings } from '../settings/config-file.ts';
import type { SettingTable } from '../settings/train-settings.ts';
import { clockFaults } from '../tables/clock-faults.ts';
import type { Roles } from '../tables/guess-roles.ts';
import { guessRoles, timeCandidates } from '../tables/guess-roles.ts';

/** One question. */
export interface Question {
  readonly key: keyof SettingTable;
  readonly text: string;
  /** The answer of an empty line, as a user would type it. */
  readonly propose: (table: Table, answers: GivenSettings) => string;
  /** An answer that leaves the setting out of the file. */
  readonly leave?: string;
  /** Whether it matters, by the answers so far. */
  readonly when?: (table: Table, answers: GivenSettings) => boolean;
}

/** See the file. */
export const questions: readonly Question[] = [
  {
    key: 'time',
    text: 'Which column says when? (none: rows are equally spaced)',
    propose: (table) => timeCandidates(table)[0] ?? 'none',
  },
  {
    key: 'group',
    text: 'Which columns tell series apart? (none: one series)',
    propose: (table, answers) => roles(table, answers)?.group.join(',') || 'none',
  },
  {
    key: 'order',
    text: 'Some rows lie before the row above them. What then? (error, sort)',
    propose: () => 'sort',
    when: (table, { time, group }) => clockFaults(table, time ?? null, group ?? []).backwards > 0,
  },
  {
    key: 'repeats',
    text: 'Some rows of a series have the same time. Which one counts? (error, first, last, mean)',
    propose: () => 'last',
    when: (table, { time, group }) => clockFaults(table, time ?? null, group ?? []).repeated > 0,
  },
  {
    key: 'target',
    text: 'What is to be predicted?',
    propose: (table, answers) => roles(table, answers)?.target.join(',') || 'none',
  },
  {
    key: 'task',
    text: 'As what? (regression, classification, next-step, forecast)',
    propose: (table, answers) => roles(table, answers)?.task ?? 'regression',
  },
  {
    key: 'horizon',
    text: 'How far ahead? (rows such as 3, or time such as 30min)',
    propose: () => '1',
    when: (_, { task }) => task === 'forecast',
  },
  { key: 'features', text: 'From which columns? (all: all others)', propose: () => 'all', leave: 'all' },
  {
    key: 'validation',
    text: 'Rows that choose the best epoch? (a share, or files)',
    propose: () => '0.15',
  },
  { key: 'test', text: 'Rows to measure the result on? (a share, or files)', propose: () => '0.15' },
];

/** Roles as guessed; undefined where there is doubt. */
function roles(table: Table, answers: GivenSettings): Roles | undefined {
  try {
    return guessRoles(table, answers).roles;
  } catch (error) {
    if (isRheoError(error)) return undefined;
    throw error;
  }
}
