/**
 * A provider of ONNX Runtime tried in a process of its own, before this one has anything to do with it: what its libraries
 * write to standard error does not reach the terminal, and a library that ends its process does not end the doctor's.
 */

import { spawn } from 'node:child_process';
import { parse } from '@rheo/ir';
import { toOnnx } from '@rheo/onnx';

/** How it came out. */
export type Trial =
  | { readonly outcome: 'runs' }
  /** It threw: its message. */
  | { readonly outcome: 'refused'; readonly message: string }
  /** The process ended without an answer. */
  | { readonly outcome: 'ended'; readonly how: string };

/** What a trial gives, and what the libraries wrote meanwhile, the lines of it that are not empty. */
export interface Tried {
  readonly trial: Trial;
  readonly said: readonly string[];
}

const refused = 3;
const longestSeconds = 30;

/** Runs in the process: no TypeScript, and nothing of Rheo. */
const script = `
const [file, provider, model] = process.argv.slice(1);
const runtime = require('node:module').createRequire(file)(file);
if (runtime.env) runtime.env.logLevel = 'fatal';
const options = { executionProviders: [provider], intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };
runtime.InferenceSession.create(Buffer.from(model, 'base64'), options).then(
  () => process.exit(0),
  (error) => process.stdout.write(String(error?.message ?? error), () => process.exit(${refused})),
);
`;

/** Tries a provider of the engine in `file`. */
export async function tryProvider(file: string, provider: string): Promise<Tried> {
  const model = toOnnx(parse('program(%0: f32[1]) {\n  %1: f32[1] = neg(%0)\n  return %1\n}'));
  const args = ['-e', script, file, provider, Buffer.from(model).toString('base64')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: longestSeconds * 1000 });
  const read = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    read.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    read.err += text;
  });
  const end = await new Promise<{ code: number | null; how: string }>((resolve) => {
    child.on('error', (error) => resolve({ code: null, how: error.message }));
    child.on('close', (code, signal) => resolve({ code, how: endOf(code, signal) }));
  });
  const said = read.err.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trimEnd()]));
  if (end.code === 0) return { trial: { outcome: 'runs' }, said };
  if (end.code === refused) return { trial: { outcome: 'refused', message: read.out }, said };
  return { trial: { outcome: 'ended', how: end.how }, said };
}

function endOf(code: number | null, signal: string | null): string {
  if (signal === 'SIGTERM') return `no answer in ${longestSeconds} s`;
  return signal === null ? `exit code ${code}` : signal;
}
