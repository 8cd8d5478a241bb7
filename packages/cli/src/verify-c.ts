/**
 * An exported C header, compiled here and run on random sequences, against the model on the wasm backend.
 *
 * The compiler and what it makes are started with lists of arguments, never through a shell, in a folder of their own that
 * is gone afterwards.
 */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Parameter, Tree } from '@rheo/core';
import type { ExportedC } from '@rheo/interop';
import { isRheoError, RheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { floatArray, predict } from '@rheo/layers';
import { withWasm } from './backends.ts';
import type { TrialSequences } from './export/sequences.ts';
import { largestDifference, trialSequences, trialSizes } from './export/sequences.ts';

/** Options of `verifyC`. */
export interface VerifyCOptions {
  /** A compiler that takes `-std=c99 -O1 -o`, or it and arguments of its own, as in ["ccache", "gcc"]; "cc" unless given. */
  readonly compiler?: string | readonly string[];
  /** Numbers of sequences and their lengths; those of the other formats unless given. */
  readonly sizes?: readonly (readonly [batch: number, time: number])[];
}

/** What a check found. */
export interface CheckedC {
  /** First line of what the compiler says of its version. */
  readonly compiler: string;
  /** Largest difference, of numbers above 1 as a part of them; NaN where one is. */
  readonly largest: number;
  readonly sequences: number;
  /** Outputs that the header's own test found wrong; 0 is good. */
  readonly selfTest: number;
}

/**
 * Compiles and runs. Resolves to `missing`, a sentence, where the compiler does not exist.
 * Throws `RheoError` `backend` when it refuses the header or the program fails, with what it said.
 */
export async function verifyC(
  exported: ExportedC,
  model: Layer,
  parameters: Tree<Parameter>,
  options: VerifyCOptions = {},
): Promise<CheckedC | { readonly missing: string }> {
  const { compiler: named = 'cc', sizes = trialSizes } = options;
  const compiler = typeof named === 'string' ? [named] : named;
  const version = await versionOf(compiler);
  if (version === undefined) return { missing: `there is no C compiler called ${compiler.join(' ')} here` };
  const trials = sizes.map(([batch, time]) => trialSequences(batch, time, exported.features));
  const output = await compiledOutput(exported, compiler, trials);
  const wanted = await expectedOutputs(exported, model, parameters, trials);
  let at = 1;
  let largest = 0;
  trials.forEach(({ batch, time }, index) => {
    const { data, shape } = wanted[index] ?? { data: [], shape: [] };
    const all = output.subarray(at, at + batch * time * exported.outputs);
    at += batch * time * exported.outputs;
    // A model that returns its last output only is held to that one.
    const got = shape.length === 3 ? all : lastRows(all, batch, time, exported.outputs);
    const difference = largestDifference(got, data);
    if (!(difference <= largest)) largest = difference;
  });
  if (at !== output.length) throw failed('it wrote a wrong number of outputs', compiler);
  return {
    compiler: version,
    largest,
    sequences: trials.reduce((sum, { batch }) => sum + batch, 0),
    selfTest: output[0] ?? Number.NaN,
  };
}

/** The number of the self-test, then the outputs of every trial, row by row. */
async function compiledOutput(
  exported: ExportedC,
  compiler: readonly string[],
  trials: readonly TrialSequences[],
): Promise<Float32Array> {
  const folder = await mkdtemp(join(tmpdir(), 'rheo-verify-c-'));
  try {
    await writeFile(join(folder, `${exported.name}.h`), exported.source);
    await writeFile(join(folder, 'verify.c'), mainProgram(exported));
    const program = join(folder, 'verify');
    await run([...compiler, '-std=c99', '-O1', join(folder, 'verify.c'), '-o', program, '-lm'], { compiler });
    const sizes = trials.flatMap(({ batch, time }) => [String(batch), String(time)]);
    const bytes = await run([program, ...sizes], { compiler, input: stepInputs(exported, trials) });
    return new Float32Array(new Uint8Array(bytes).buffer, 0, Math.floor(bytes.length / 4));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function expectedOutputs(
  { features, dt, observed }: ExportedC,
  model: Layer,
  parameters: Tree<Parameter>,
  trials: readonly TrialSequences[],
): Promise<{ readonly data: ArrayLike<number>; readonly shape: readonly number[] }[]> {
  return withWasm(async (wasm) => {
    const outputs = [];
    for (const { batch, time, ...trial } of trials) {
      const inputs = {
        values: floatArray(trial.values, [batch, time, features]),
        ...(dt === 'shared' ? { dt: floatArray(trial.dt, [batch, time]) } : {}),
        ...(observed ? { mask: floatArray(trial.observed, [batch, time, features]) } : {}),
      };
      outputs.push((await predict(model, parameters, wasm, inputs)).outputs);
    }
    return outputs;
  });
}

/** What the program reads: for every row and step the input, then dt and what was observed where they are taken. */
function stepInputs({ features, dt, observed }: ExportedC, trials: readonly TrialSequences[]): Buffer {
  const parts: Float32Array[] = [];
  for (const trial of trials) {
    for (let step = 0; step < trial.batch * trial.time; step++) {
      parts.push(trial.values.subarray(step * features, (step + 1) * features));
      if (dt === 'shared') parts.push(trial.dt.subarray(step, step + 1));
      if (observed) parts.push(trial.observed.subarray(step * features, (step + 1) * features));
    }
  }
  return Buffer.concat(parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));
}

function mainProgram({ name, dt, observed }: ExportedC): string {
  const upper = name.toUpperCase();
  const reads = ['input', ...(dt === 'shared' ? ['dt'] : []), ...(observed ? ['observed'] : [])];
  const given = ['&state', 'input', ...(dt === 'shared' ? ['dt[0]'] : []), ...(observed ? ['observed'] : []), 'output'];
  return `#include <stdio.h>
#include <stdlib.h>
#define RHEO_SELF_TEST
#define RHEO_${upper}_IMPLEMENTATION
#include "${name}.h"

static ${name}_state state;
static float input[${upper}_INPUTS], dt[1], observed[${upper}_INPUTS], output[${upper}_OUTPUTS];

int main(int count, char **sizes) {
  const float wrong = (float)${name}_self_test();
  (void)dt, (void)observed;
  if (fwrite(&wrong, sizeof wrong, 1, stdout) != 1) return 1;
  for (int i = 1; i + 1 < count; i += 2) {
    for (int row = 0; row < atoi(sizes[i]); ++row) {
      ${name}_reset(&state);
      for (int t = 0; t < atoi(sizes[i + 1]); ++t) {
${reads.map((array) => `        if (fread(${array}, sizeof ${array}, 1, stdin) != 1) return 1;`).join('\n')}
        ${name}_step(${given.join(', ')});
        if (fwrite(output, sizeof output, 1, stdout) != 1) return 1;
      }
    }
  }
  return 0;
}
`;
}

async function versionOf(compiler: readonly string[]): Promise<string | undefined> {
  try {
    return (
      (await run([...compiler, '--version'], { compiler })).toString('utf8').split('\n')[0]?.trim() ||
      compiler.join(' ')
    );
  } catch (error) {
    if (isRheoError(error) && isMissing(error.details.cause)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

/** Standard output of a program. Throws `backend`. */
function run(
  [file = '', ...args]: readonly string[],
  { compiler, input }: { readonly compiler: readonly string[]; readonly input?: Buffer },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settings = { encoding: 'buffer', timeout: 300_000, maxBuffer: 1 << 28 } as const;
    const child = execFile(file, args, settings, (error, output, complaint) => {
      if (error === null) resolve(output);
      else reject(failed(firstLines(complaint.toString('utf8')) || error.message, compiler, error));
    });
    // A program that ends early closes its input: what it returns says why.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? Buffer.alloc(0));
  });
}

function failed(said: string, compiler: readonly string[], cause?: Error): RheoError {
  return new RheoError('backend', {
    from: '@rheo/cli',
    what: `the exported C could not be checked: ${said}`,
    where: compiler.join(' '),
    remedy: 'Name another compiler, one that takes -std=c99',
    cause,
  });
}

/** The start of what a compiler says, on one line, as a terminal may show it. */
function firstLines(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, 400);
}

function lastRows(all: Float32Array, batch: number, time: number, width: number): number[] {
  return Array.from({ length: batch * width }, (_, i) => {
    const row = Math.floor(i / width);
    return all[((row + 1) * time - 1) * width + (i % width)] ?? Number.NaN;
  });
}
