/**
 * Runs one vector file on backends and says how far they are from it.
 */

import type { Backend, Program } from '@rheo/ir';
import { activationCases } from './activation-cases.ts';
import { caseProgram } from './case-program.ts';
import type { Differences } from './compare.ts';
import { compare, largest, tolerance, worstOf } from './compare.ts';
import { streamDifferences, wiringDifferences } from './exact-cases.ts';
import type { FlatArray } from './flat-array.ts';
import { kerasCase } from './keras-case.ts';
import { kerasLtcCase, ncpsLtcCase, officialLtcCase } from './ltc-case.ts';
import { ncpsCase } from './ncps-case.ts';
import { officialCase } from './official-case.ts';
import type { ParityCase } from './parity-case.ts';
import { Unsupported } from './parity-case.ts';
import type { Fields } from './vector.ts';
import { fieldsOf } from './vector.ts';

/** What became of one file. */
export interface VectorReport {
  readonly file: string;
  readonly kind: string;
  readonly ok: boolean;
  /** Largest difference over all backends; null if nothing ran. */
  readonly worst: number | null;
  readonly backends: Readonly<Record<string, Differences>>;
  /** Why it is not ok. */
  readonly reason?: string;
}

/** Runs a parsed vector file. Never throws for what is wrong with the file. */
export async function runVector(file: string, vector: unknown, backends: readonly Backend[]): Promise<VectorReport> {
  const fields = fieldsOf(vector);
  const kind = kindOf(file, fields);
  const found: Record<string, Differences> = {};
  try {
    if (kind === 'wiring') return exactReport(file, kind, wiringDifferences(fields));
    if (kind === 'rng') return exactReport(file, kind, streamDifferences(fields));
    if (backends.length === 0) throw new Unsupported('no backend was given');
    for (const backend of backends) {
      found[backend.name] =
        kind === 'activations' ? await runActivations(fields, backend) : await runCase(caseOf(kind, fields), backend);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { file, kind, ok: false, worst: worst(found), backends: found, reason };
  }
  const most = worst(found);
  const ok = most !== null && most <= tolerance;
  return {
    file,
    kind,
    ok,
    worst: most,
    backends: found,
    ...(ok ? {} : { reason: `over the tolerance of ${tolerance}` }),
  };
}

/** Backends have no part in it: equal or not. */
function exactReport(file: string, kind: string, differences: readonly string[]): VectorReport {
  const ok = differences.length === 0;
  const reason = `these differ: ${differences.join(', ')}`;
  return { file, kind, ok, worst: ok ? 0 : 1, backends: {}, ...(ok ? {} : { reason }) };
}

function caseOf(kind: string, fields: Fields): ParityCase {
  switch (kind) {
    case 'ncps-torch':
      return fields['class'] === 'LTC' ? ncpsLtcCase(fields) : ncpsCase(fields);
    case 'ncps-keras':
      return String(fields['class']).startsWith('LTC') ? kerasLtcCase(fields) : kerasCase(fields);
    case 'official-torch':
      return hasLtc(fields) ? officialLtcCase(fields) : officialCase(fields);
    default:
      throw new Unsupported(`nothing here runs ${kind}`);
  }
}

function hasLtc(fields: Fields): boolean {
  return 'rnn_cell.sigma' in fieldsOf(fields['state_dict']);
}

function kindOf(file: string, fields: Fields): string {
  if ('weights' in fields) return 'ncps-keras';
  if ('hparams' in fields) return 'official-torch';
  if ('state_dict' in fields) return 'ncps-torch';
  if ('lecun_tanh' in fields) return 'activations';
  if ('streams' in fields) return 'rng';
  if ('adjacency_matrix' in fields || 'cases' in fields) return 'wiring';
  return /^[a-z]+/.exec(file)?.[0] ?? 'unknown';
}

async function runCase(given: ParityCase, backend: Backend): Promise<Differences> {
  const wantsGradients = Object.keys(given.expected.parameters).length > 0;
  const found: Differences[] = [];
  for (const model of [given.model, ...(given.otherForms ?? [])]) {
    const { program, inputs, results } = caseProgram({ ...given, model }, wantsGradients);
    const values = await runOn(backend, program, inputs);
    found.push(compare(new Map(results.map((name, index) => [name, values[index] ?? []])), given));
  }
  return largest(found);
}

async function runActivations(fields: Fields, backend: Backend): Promise<Differences> {
  let outputs = 0;
  for (const { program, input, expected } of activationCases(fields)) {
    const [found = []] = await runOn(backend, program, [input]);
    expected.data.forEach((x, index) => {
      outputs = Math.max(outputs, Math.abs(x - (found[index] ?? Number.NaN)));
    });
  }
  return { outputs, states: 0, gradients: undefined };
}

async function runOn(backend: Backend, program: Program, inputs: readonly FlatArray[]): Promise<ArrayLike<number>[]> {
  const executable = await backend.compile(program);
  const handles = inputs.map(({ shape, data }) => backend.upload(Float32Array.from(data), { dtype: 'f32', shape }));
  const results = executable.run(handles);
  const values = await Promise.all(results.map((result) => backend.read(result)));
  for (const handle of [...handles, ...results]) handle.dispose();
  executable.dispose();
  return values;
}

function worst(found: Readonly<Record<string, Differences>>): number | null {
  const all = Object.values(found).map(worstOf);
  return all.length === 0 ? null : Math.max(...all);
}
