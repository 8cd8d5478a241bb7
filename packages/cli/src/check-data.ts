/**
 * Inputs and outputs of an original, as JSON with nested arrays: `input` [batch, time, features], `timespans` and `mask` if
 * it had any, and the `output` to reproduce.
 */

import type { PredictInputs } from '@rheo/layers';
import { badFile } from './failure.ts';
import { readJsonFile } from './json-file.ts';

/** What an imported model is checked with. */
export interface CheckData {
  readonly inputs: PredictInputs;
  readonly output: readonly number[];
}

interface Nested {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const jsonRemedy = 'Pass a JSON file with { input, output }';
const batchSizes = 'Pass nested arrays of numbers, [batch][time][features]';

/** Reads the file of a check. Throws `file` or `format`, naming the field. */
export async function readCheckData(folder: string, path: string): Promise<CheckData> {
  const fields = await readJsonFile(folder, path, jsonRemedy);
  const args = Object(fields['args']) as Readonly<Record<string, unknown>>;
  const timeMajor = args['batch_first'] === false;
  const input = batched(required(fields, 'input', path), timeMajor);
  const [batch = 0, time = 0] = input.shape;
  const spans = nested(fields, 'timespans', path);
  const mask = nested(fields, 'mask', path);
  const dt = spans === undefined ? undefined : elapsed(spans, batch, time, timeMajor, path);
  return {
    inputs: {
      values: { dtype: 'f32', ...input },
      ...(dt === undefined ? {} : { dt: { dtype: 'f32', ...dt } }),
      ...(mask === undefined ? {} : { mask: { dtype: 'f32', shape: [batch, time], data: mask.data } }),
    },
    output: timeMajorOutput(required(fields, 'output', path), timeMajor, batch, time),
  };
}

/** A batch of one for a single sequence; time second. */
function batched(input: Nested, timeMajor: boolean): Nested {
  if (input.shape.length === 2) return { ...input, shape: [1, ...input.shape] };
  return timeMajor ? swapped(input) : input;
}

/** Times for all rows, for each row, or for each unit of each row. */
function elapsed(spans: Nested, batch: number, time: number, timeMajor: boolean, path: string): Nested {
  const count = spans.data.length;
  if (count === time) return { shape: [time], data: spans.data };
  const given = timeMajor && spans.shape.length > 1 ? swapped(spans) : spans;
  if (count === batch * time) return { shape: [batch, time], data: given.data };
  const units = count / (batch * time);
  if (Number.isInteger(units)) return { shape: [batch, time, units], data: given.data };
  throw badFile('format', `timespans has ${count} numbers for ${batch} sequences of ${time} steps`, path, batchSizes);
}

function timeMajorOutput(output: Nested, timeMajor: boolean, batch: number, time: number): readonly number[] {
  const [first, second] = output.shape;
  const swap = timeMajor && output.shape.length === 3 && first === time && second === batch;
  return (swap ? swapped(output) : output).data;
}

/** The first two axes exchanged. */
function swapped({ shape, data }: Nested): Nested {
  const [outer = 0, inner = 0, ...rest] = shape;
  const width = rest.reduce((product, size) => product * size, 1);
  const moved: number[] = [];
  for (let i = 0; i < inner; i++) {
    for (let o = 0; o < outer; o++) {
      const start = (o * inner + i) * width;
      for (let k = 0; k < width; k++) moved.push(data[start + k] ?? 0);
    }
  }
  return { shape: [inner, outer, ...rest], data: moved };
}

function required(fields: Readonly<Record<string, unknown>>, name: string, path: string): Nested {
  const found = nested(fields, name, path);
  if (found !== undefined) return found;
  throw badFile('format', `${name} is missing`, path, batchSizes);
}

function nested(fields: Readonly<Record<string, unknown>>, name: string, path: string): Nested | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  const shape: number[] = [];
  for (let at: unknown = value; Array.isArray(at) && shape.length < 5; at = at[0]) shape.push(at.length);
  const data: number[] = [];
  const walk = (part: unknown, depth: number): void => {
    if (depth === shape.length && (typeof part === 'number' || typeof part === 'boolean')) {
      data.push(Number(part));
      return;
    }
    if (!Array.isArray(part) || part.length !== shape[depth]) {
      throw badFile('format', `${name} is no array of numbers with equal lengths`, path, batchSizes);
    }
    for (const item of part) walk(item, depth + 1);
  };
  walk(value, 0);
  if (shape.length < 1 || shape.length > 4)
    throw badFile('format', `${name} has ${shape.length} axes`, path, batchSizes);
  return { shape, data };
}
