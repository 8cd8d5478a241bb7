/**
 * `rheo init FILE…`: writes a configuration for `rheo train --config`. Looks at the columns, proposes an answer to each
 * question, and asks on the terminal; with `--yes`, or for settings among the options, it does not ask.
 */

import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { Table } from '@rheo/data';
import { columnOf, isDataError } from '@rheo/data';
import { badFile, misuse } from '../failure.ts';
import type { Ask } from '../init/ask.ts';
import { askOn } from '../init/ask.ts';
import type { Question } from '../init/questions.ts';
import { questions } from '../init/questions.ts';
import { told } from '../progress/plain-lines.ts';
import type { GivenSettings } from '../settings/config-file.ts';
import { mapFiles } from '../settings/config-file.ts';
import type { TrainSettings } from '../settings/train-settings.ts';
import { settingKeys, settingTable } from '../settings/train-settings.ts';
import { clockFaults } from '../tables/clock-faults.ts';
import { guessRoles } from '../tables/guess-roles.ts';
import { readTables } from '../tables/read-table.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf, wrap } from '../terminal.ts';
import { writeUserFile } from '../user-file.ts';

/** Options of the command: settings that are not asked for, and what becomes of the answers. */
export interface InitOptions extends Omit<GivenSettings, 'data'> {
  /** The file; `train.json` unless given. */
  readonly out?: string | undefined;
  /** Takes every proposal. */
  readonly yes?: boolean | undefined;
}

/** Runs the command. Throws typed errors. */
export async function init(files: readonly string[], options: InitOptions, terminal: Terminal): Promise<void> {
  const { folder, out } = terminal;
  const path = options.out ?? 'train.json';
  if (files.length === 0) throw misuse('there is no table to look at', '<files>', 'Name one: rheo init data.csv');
  if (options.yes !== true && terminal.in?.isTTY !== true) {
    const remedy =
      'Take every proposal: rheo init FILE --yes. Settings among the options count: --target, --task, --time …';
    throw misuse('this is no terminal to ask on', 'rheo init', remedy);
  }
  if (existsSync(resolve(folder, path))) {
    throw badFile('file', 'the file exists', path, 'Choose another name: --out NAME.json');
  }
  const say = (text: string): unknown => out.write(`${wrap(text, widthOf(out))}\n`);
  const table = await readTables(folder, files);
  say(`${files.join(', ')}: ${table.rows} rows, ${table.columns.length} columns`);
  for (const { name, kind, missing } of table.columns) {
    say(`- ${name}: ${kindNames[kind]}${missing === 0 ? '' : `, ${missing} missing`}`);
  }
  const given = Object.fromEntries(
    settingKeys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])),
  );
  const chosen = options.yes === true ? propose(table, given, say) : await askAll(table, given, terminal, say);
  const beside = dirname(resolve(folder, path));
  const settings = mapFiles({ data: files, ...chosen }, (file) =>
    isAbsolute(file) ? file : relative(beside, resolve(folder, file)),
  );
  await writeUserFile(folder, path, `${JSON.stringify(settings, null, 2)}\n`);
  const shown = /\s/.test(path) ? JSON.stringify(path) : path;
  out.write(`\n${told(`Wrote ${path}. Train with: rheo train --config ${shown}`, widthOf(out))}\n`);
}

const kindNames = { number: 'numbers', boolean: 'yes or no', time: 'dates', category: 'texts' } as const;

/** Every proposal, told. Throws `argument` where there is doubt. */
function propose(table: Table, given: GivenSettings, say: (text: string) => unknown): GivenSettings {
  const { roles, notes } = guessRoles(table, given);
  say('');
  for (const note of notes) say(note);
  const { time, group, target, task } = roles;
  const { repeated, backwards } = clockFaults(table, time, group);
  const sort = backwards > 0 && given.order === undefined;
  const last = repeated > 0 && given.repeats === undefined;
  if (sort) say(`Order: ${backwards} rows lie before the row above them and are sorted (--order).`);
  if (last) say(`Repeats: ${repeated} rows have the time of the row above them; the last one counts (--repeats).`);
  return {
    ...given,
    time,
    group: group.length === 0 ? null : group,
    ...(target.length === 0 ? {} : { target }),
    task,
    ...(sort ? { order: 'sort' } : {}),
    ...(last ? { repeats: 'last' } : {}),
  };
}

async function askAll(
  table: Table,
  given: GivenSettings,
  terminal: Terminal,
  say: (text: string) => unknown,
): Promise<GivenSettings> {
  say('\nEnter takes what stands in brackets.');
  const asking = askOn(terminal);
  try {
    let answers = given;
    for (const question of questions) {
      if (answers[question.key] !== undefined || question.when?.(table, answers) === false) continue;
      answers = { ...answers, [question.key]: await askOne(question, table, answers, asking.ask, say) };
    }
    return Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== undefined));
  } finally {
    asking.end();
  }
}

/** Asks until the answer fits. Undefined leaves the setting to the training. */
async function askOne(
  { key, text, propose: proposal, leave }: Question,
  table: Table,
  answers: GivenSettings,
  ask: Ask,
  say: (text: string) => unknown,
): Promise<TrainSettings[Question['key']]> {
  const proposed = proposal(table, answers);
  for (;;) {
    const answer = await ask(`${text} [${proposed}] `);
    const words = answer.trim() === '' ? proposed : answer.trim();
    if (words === leave) return undefined;
    const { takes } = settingTable[key];
    const value = takes.read(takes.parse(words));
    if (value === undefined) {
      say(`It takes ${takes.what}.`);
      continue;
    }
    const strange = columnKeys.has(key) ? complaint(table, value) : undefined;
    if (strange === undefined) return value as TrainSettings[Question['key']];
    say(strange);
  }
}

const columnKeys: ReadonlySet<string> = new Set(['time', 'group', 'target', 'features']);

/** What is wrong with names of columns. */
function complaint(table: Table, value: unknown): string | undefined {
  try {
    for (const name of typeof value === 'string' ? [value] : Array.isArray(value) ? value : []) {
      columnOf(table, String(name));
    }
    return undefined;
  } catch (error) {
    if (!isDataError(error)) throw error;
    const { what, remedy } = error.details;
    return `${what[0]?.toUpperCase() ?? ''}${what.slice(1)}. ${remedy}`;
  }
}
