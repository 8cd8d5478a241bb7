/**
 * What `npm start` runs. Options after `--`: `npm start -- --epochs 5 --out runs/short`.
 */

import { parseArgs } from 'node:util';
import { failureOf, interruption } from '@rheo/cli';
import { type QuickstartOptions, quickstart } from './quickstart.ts';

const terminal = { out: process.stdout, err: process.stderr, folder: process.cwd(), signal: interruption() };
try {
  process.exitCode = await quickstart(readOptions(process.argv.slice(2)), terminal);
} catch (error) {
  const { exitCode, text } = failureOf(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
}

function readOptions(args: string[]): QuickstartOptions {
  try {
    const { values } = parseArgs({ args, options: { epochs: { type: 'string' }, out: { type: 'string' } } });
    return { epochs: values.epochs === undefined ? undefined : Number(values.epochs), out: values.out };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\nOptions: --epochs N, --out DIR\n`);
    process.exit(2);
  }
}
