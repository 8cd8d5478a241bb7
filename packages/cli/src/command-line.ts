/**
 * The command line: names, options, help. Parsing and wording are commander's; numbers are checked here.
 *
 * Actions are handed in, so that this file starts nothing.
 */

import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { readBackendName } from './backends/backend-name.ts';
import { nearestName } from './backends/nearest-name.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import type { EvaluateOptions } from './commands/evaluate.ts';
import type { ExportOptions } from './commands/export-model.ts';
import type { ImportOptions } from './commands/import-checkpoint.ts';
import type { InitOptions } from './commands/init.ts';
import type { InspectOptions } from './commands/inspect.ts';
import type { PredictOptions } from './commands/predict.ts';
import type { ProfileOptions } from './commands/profile.ts';
import type { ServeOptions } from './commands/serve.ts';
import { serveDefaults } from './commands/serve.ts';
import type { TrainTableOptions } from './commands/train-table.ts';
import type { TrainWalker2dOptions } from './commands/train-walker2d.ts';
import type { TranslateOptions } from './commands/translate.ts';
import { formatNames } from './export/formats.ts';
import { misuse } from './failure.ts';
import { helpLayout, title } from './help-layout.ts';
import { recipes } from './recipes.ts';
import { defaultLimits } from './serve/limits.ts';
import { readSettingOptions, settingOptions } from './settings/setting-options.ts';
import type { Terminal } from './terminal.ts';
import { coloured, widthOf, wrap } from './terminal.ts';

/** What the commands do. */
export interface Actions {
  init(files: readonly string[], options: InitOptions): Promise<void>;
  trainTable(files: readonly string[], options: TrainTableOptions): Promise<void>;
  trainWalker2d(options: TrainWalker2dOptions): Promise<void>;
  evaluate(model: string, options: EvaluateOptions): Promise<void>;
  predict(model: string, options: PredictOptions): Promise<void>;
  serve(model: string, options: ServeOptions): Promise<void>;
  importCheckpoint(file: string, options: ImportOptions): Promise<void>;
  inspect(model: string, options: InspectOptions): Promise<void>;
  profile(model: string, options: ProfileOptions): Promise<void>;
  translate(model: string, options: TranslateOptions): Promise<void>;
  exportModel(model: string, options: ExportOptions): Promise<void>;
  doctor(options: DoctorOptions): Promise<void>;
}

/** The command `rheo`; `parseAsync` throws `CommanderError` instead of ending the process. */
export function commandLine(version: string, actions: Actions, { out, err }: Terminal): Command {
  const rheo = configured(new Command('rheo'));
  rheo
    .description('Liquid neural networks: train, evaluate and predict.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    // Options belong to the command that they follow.
    .enablePositionalOptions()
    .helpCommand(false)
    // An empty name would be the current folder.
    .hook('preAction', (_, command) => {
      if (command.args.includes('')) throw misuse('an argument is empty', command.name(), 'Name a file');
      const empty = Object.entries(command.opts()).find(([, value]) => value === '');
      if (empty !== undefined) throw misuse('the value is empty', `--${empty[0]}`, 'Name a file or folder');
    });

  const train = configured(rheo.command('train'))
    .description('train a model on a table of yours: rheo train data.csv')
    .enablePositionalOptions()
    .argument('[files...]', 'tables with the same columns: .csv, .tsv, .txt, .jsonl, .parquet, .arrow, .npy, .npz')
    .usage('[options] <files...>')
    .addHelpText('after', examples(trainExamples, widthOf(out)));
  for (const option of settingOptions()) train.addOption(option);
  train
    .optionsGroup('Run:')
    .option('--config <file>', 'settings as JSON, as rheo init writes it; options count before it')
    .option('--out <dir>', 'run folder (default: runs/<file>-<date>-<n>)')
    .option('--resume <dir>', 'go on with a run that was stopped or killed, as if it had not been')
    .option('--json', 'JSON lines on standard output instead of text')
    .commandsGroup('Ready-made:')
    .action((files: string[], options: TrainTableOptions) => actions.trainTable(files, readSettingOptions(options)));
  configured(train.command('walker2d'))
    .description('predict the next state of a walking robot from irregularly sampled rows')
    .option('--data <file>', 'walker.zip, or a folder of rollout_NNN.npy files')
    .addOption(
      new Option('--recipe <name>', 'configuration: a column of the paper, or "sample"').choices(Object.keys(recipes)),
    )
    .option('--epochs <n>', 'passes over the data', wholeNumber(1))
    .option('--seed <n>', 'start of all randomness (default: 1)', wholeNumber(0))
    .option('--out <dir>', 'run folder (default: runs/walker2d-<date>-<n>)')
    .option('--resume <dir>', 'go on with a run that was stopped or killed, as if it had not been')
    .addOption(backendOption().default(undefined, 'wasm, or that of the run that goes on'))
    .option('--json', 'JSON lines on standard output instead of text')
    .action((options: TrainWalker2dOptions) => actions.trainWalker2d(options));

  const initialise = configured(rheo.command('init'))
    .description('write the settings of a training, by asking about a table')
    .argument('<files...>', 'tables with the same columns')
    .optionsGroup('Answers:')
    .option('--yes', 'take every proposal without asking')
    .option('--out <file>', 'the file (default: train.json)')
    .action((files: string[], options: InitOptions) => actions.init(files, readSettingOptions(options)));
  for (const option of settingOptions()) initialise.addOption(option);

  configured(rheo.command('evaluate'))
    .description('print how good a saved model is on data')
    .addArgument(modelArgument())
    .option(
      '--data <file>',
      'a table with the columns of the training; of walker2d, its data (default: those of the training, if found)',
    )
    .addOption(backendOption())
    .option('--json', 'one JSON line on standard output instead of text')
    .action((model: string, options: EvaluateOptions) => actions.evaluate(model, options));

  configured(rheo.command('predict'))
    .description('predict with a saved model')
    .addArgument(modelArgument())
    .requiredOption(
      '--data <file>',
      'a table with the columns of the training; of other models also .npy, and walker.zip or its folder',
    )
    .option('--out <file>', 'write the predictions as CSV; - for standard output')
    .addOption(backendOption())
    .option('--json', 'one JSON line on standard output instead of text')
    .action((model: string, options: PredictOptions) => actions.predict(model, options));

  configured(rheo.command('serve'))
    .description('serve predictions over HTTP and WebSocket, with a state for each key')
    .addArgument(modelArgument())
    .option('--host <name>', `address to listen on (default: ${serveDefaults.host}, this machine only)`)
    .option('--port <n>', `port (default: ${serveDefaults.port}; 0: any)`, wholeNumber(0, 65_535))
    .addOption(new Option('--token <text>', 'what callers must send as a bearer token').env('RHEO_TOKEN'))
    .option('--state <file>', 'where states are kept (default: beside the model)')
    .option('--no-state', 'keep states in memory only')
    .option('--fresh', 'begin without the states that were kept')
    .option(
      '--snapshot-every <s>',
      `write states so often (default: ${serveDefaults.snapshotEvery})`,
      wholeNumber(0, 1_000_000),
    )
    .option('--max-keys <n>', `states held at most (default: ${defaultLimits.maxKeys})`, wholeNumber(1))
    .option(
      '--idle <s>',
      `drop states unused for so long (default: ${defaultLimits.idleKeySeconds}; 0: never)`,
      wholeNumber(0, 1_000_000),
    )
    .option('--rate <n>', `rows a second of a connection (default: ${defaultLimits.connectionRate})`, wholeNumber(0))
    .option('--key-rate <n>', `rows a second of a key (default: ${defaultLimits.keyRate})`, wholeNumber(0))
    .option('--max-body <bytes>', `size of a request (default: ${defaultLimits.bodyBytes})`, wholeNumber(1))
    .option('--max-message <bytes>', `size of a message (default: ${defaultLimits.messageBytes})`, wholeNumber(1))
    .option('--max-connections <n>', `open connections (default: ${defaultLimits.connections})`, wholeNumber(1))
    .option(
      '--timeout <s>',
      `patience with a slow client (default: ${defaultLimits.patienceSeconds})`,
      wholeNumber(1, 1_000_000),
    )
    .option('--json', 'JSON lines on standard output instead of text')
    .action((model: string, options: ServeOptions) => actions.serve(model, options));

  configured(rheo.command('import'))
    .description('import a checkpoint of ncps or of the authors of CfC')
    .addArgument(new Argument('<file>', '.pt, .pth, .safetensors, .keras, .weights.h5 or .h5'))
    .option('--config <file>', 'JSON with framework, class, args and wiring; a .keras file needs none')
    .option('--check <file>', 'JSON with input, timespans and output: compare, exit code 1 on a difference')
    .option('--out <file>', 'write the model as model.safetensors')
    .option('--json', 'one JSON line on standard output instead of text')
    .action((file: string, options: ImportOptions) => actions.importCheckpoint(file, options));

  configured(rheo.command('export'))
    .description('write a model for other engines, and check it there')
    .addArgument(modelArgument())
    .addOption(new Option('--format <name>', 'what is written').choices(formatNames).makeOptionMandatory())
    .option('--out <file>', 'where to (default: beside the model, under its name)')
    .option('--step', 'onnx: one step, with the state as input and output')
    .addOption(new Option('--dt <form>', 'onnx, c: elapsed times').choices(['none', 'shared', 'row', 'unit']))
    .option('--name <id>', 'c: what functions and types begin with')
    .option('--unverified', 'write it without running it')
    .option('--json', 'one JSON line on standard output instead of text')
    .action((model: string, options: ExportOptions) => actions.exportModel(model, options));

  configured(rheo.command('inspect'))
    .description('show what a model file holds')
    .addArgument(modelArgument())
    .option('--svg <file>', 'draw its wirings: neurons in layers, synapses with polarity and weight')
    .option('--passes', 'also print one step as a Program, after the passes')
    .option('--kernels', 'also print the kernels of one step')
    .option('--json', 'one JSON line on standard output instead of text')
    .action((model: string, options: InspectOptions) => actions.inspect(model, options));

  configured(rheo.command('profile'))
    .description('measure where the time of a forward pass or a training step goes')
    .addArgument(modelArgument())
    .option('--batch <n>', 'sequences at a time', wholeNumber(1), 32)
    .option('--steps <n>', 'time steps of each', wholeNumber(1), 32)
    .option('--train', 'a training step: forward, backward and Adam')
    .option('--html <file>', 'draw it as a flame picture on a page')
    .addOption(backendOption())
    .option('--json', 'one JSON line on standard output instead of text')
    .action((model: string, options: ProfileOptions) => actions.profile(model, options));

  configured(rheo.command('translate'))
    .description('put a trained LTC into closed form and print its error against the equation')
    .addArgument(modelArgument())
    .option('--data <file>', 'a .csv table or a .npy array (default: generated sequences)')
    .addOption(new Option('--form <name>', 'one closed form (default: all)').choices(['held', 'algorithm-1']))
    .option('--substeps <n>', 'renewals of the conductances per observation, for held', wholeNumber(1))
    .option('--out <file>', 'write the closed form as JSON')
    .option('--json', 'one JSON line on standard output instead of text')
    .action((model: string, options: TranslateOptions) => actions.translate(model, options));

  configured(rheo.command('doctor'))
    .description('list the backends: what works here, what is missing, and how to install it')
    .option('--json', 'one JSON line on standard output instead of text')
    .action((options: DoctorOptions) => actions.doctor(options));

  configured(rheo.command('help'))
    .description('show help for a command')
    .argument('[command...]', 'its name')
    .action((names: string[]) => {
      const asked = names.reduce((command, name) => {
        const known = command.commands.map((one) => one.name());
        const found = command.commands.find((one) => one.name() === name);
        if (found !== undefined) return found;
        const near = nearestName(name, known);
        const remedy = near === undefined ? 'rheo --help lists what there is' : `Did you mean ${near}?`;
        throw misuse(`there is no command "${name}"`, 'rheo help', remedy);
      }, rheo);
      asked.outputHelp();
    });
  return rheo;

  function configured(command: Command): Command {
    return command
      .exitOverride()
      .showSuggestionAfterError(true)
      .allowExcessArguments(false)
      .configureHelp(helpLayout)
      .configureOutput({
        writeOut: (text) => out.write(text),
        writeErr: (text) => err.write(text),
        getOutHelpWidth: () => widthOf(out),
        getErrHelpWidth: () => widthOf(err),
        getOutHasColors: () => coloured(out),
        getErrHasColors: () => coloured(err),
        outputError: (text, write) => write(wrap(text.replace(/^error: /, '@rheo/cli: '), widthOf(err))),
      });
  }
}

function modelArgument(): Argument {
  return new Argument('<model>', 'model.safetensors, as rheo train writes it');
}

function backendOption(): Option {
  return new Option('--backend <name>', 'what computes: wasm, reference, onnx:cpu, … (rheo doctor lists them)')
    .default('wasm', 'wasm')
    .argParser((name) => readBackendName(name).full);
}

/** Examples of commands, of which what goes on hangs, so that it is not taken for another one. */
function examples(text: string, width: number): string {
  const lines = text.split('\n').map((line) => wrap(line, width, line.startsWith(' ') ? 4 : 0));
  return lines.join('\n').replace('Examples:', title);
}

const trainExamples = `
Examples:
  rheo train sensors.csv --target power --task forecast --horizon 30min
  rheo train rooms.csv --group room --target occupied --test later.csv
  rheo train --config train.json --epochs 50
  rheo train --resume runs/sensors-2026-01-31-1

Everything has a default, in brackets above; what is chosen from the data is told.
`;

/** A parser for whole numbers from `least` to `most`. */
function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`It takes a whole number ${range}.`);
  };
}
