/**
 * Runs one command line to its exit code: 0, 2 for bad input, 130 when interrupted, 1 for everything else. It never ends
 * the process and leaves no partial file.
 */

import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { commandLine } from './command-line.ts';
import { doctor } from './commands/doctor.ts';
import { evaluate } from './commands/evaluate.ts';
import { exportModel } from './commands/export-model.ts';
import { importCheckpoint } from './commands/import-checkpoint.ts';
import { init } from './commands/init.ts';
import { inspect } from './commands/inspect.ts';
import { predict } from './commands/predict.ts';
import { profile } from './commands/profile.ts';
import { serve } from './commands/serve.ts';
import { trainTable } from './commands/train-table.ts';
import { trainWalker2d } from './commands/train-walker2d.ts';
import { translate } from './commands/translate.ts';
import { failureOf } from './failure.ts';
import type { Terminal } from './terminal.ts';
import { widthOf, wrap } from './terminal.ts';

/** Runs `rheo` with these arguments (without the program's own name) and gives the exit code. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const actions = {
    init: (files: readonly string[], options: Parameters<typeof init>[1]) => init(files, options, terminal),
    trainTable: async (files: readonly string[], options: Parameters<typeof trainTable>[1]) => {
      const { result } = await trainTable(files, options, terminal);
      if (result.stopped) exitCode = 130;
    },
    trainWalker2d: async (options: Parameters<typeof trainWalker2d>[0]) => {
      const { result } = await trainWalker2d(options, terminal);
      if (result.stopped) exitCode = 130;
    },
    evaluate: (model: string, options: Parameters<typeof evaluate>[1]) => evaluate(model, options, terminal),
    predict: (model: string, options: Parameters<typeof predict>[1]) => predict(model, options, terminal),
    serve: (model: string, options: Parameters<typeof serve>[1]) => serve(model, options, terminal),
    inspect: (model: string, options: Parameters<typeof inspect>[1]) => inspect(model, options, terminal),
    profile: (model: string, options: Parameters<typeof profile>[1]) => profile(model, options, terminal),
    translate: (model: string, options: Parameters<typeof translate>[1]) => translate(model, options, terminal),
    exportModel: async (model: string, options: Parameters<typeof exportModel>[1]) => {
      if (!(await exportModel(model, options, terminal))) exitCode = 1;
    },
    importCheckpoint: async (file: string, options: Parameters<typeof importCheckpoint>[1]) => {
      if (!(await importCheckpoint(file, options, terminal))) exitCode = 1;
    },
    doctor: async (options: Parameters<typeof doctor>[0]) => {
      if (!(await doctor(options, version(), terminal))) exitCode = 1;
    },
  };
  const rheo = commandLine(version(), actions, terminal);
  try {
    if (args.length === 0) rheo.outputHelp();
    else await rheo.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has said what was wrong, or has shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const failure = failureOf(error);
    terminal.err.write(`${failure.exitCode === 1 ? failure.text : wrap(failure.text, widthOf(terminal.err))}\n`);
    return failure.exitCode;
  }
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
