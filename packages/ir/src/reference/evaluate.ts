/**
 * The reference interpreter: what a Program means, on plain arrays.
 *
 * f32 is computed in double, or in `single` with every op's result rounded (sums and dots once, at their end); the
 * distance of the two scales the tolerances of every backend. f32 results are Float64Arrays in both modes, so that
 * nothing is lost. i32 and u32 wrap at 32 bits. It is for tests and small data, not for speed, and a `while` that
 * does not end does not end here.
 */

import type { Dims } from '../bind-dims.ts';
import { RheoError } from '../errors.ts';
import type { Param, Program } from '../ops.ts';
import type { TensorData } from '../types.ts';
import { formatType } from '../types.ts';
import { verify } from '../verify.ts';
import { inferDims, nameOf, wrongLength } from './infer-dims.ts';
import type { BoundType, Kernel } from './kernel.ts';
import type { Precision } from './prepare.ts';
import { allocateFor, bindType, prepare } from './prepare.ts';

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** How f32 is computed; `double` unless given. */
  readonly precision?: Precision;
  /** Numbers for named dimensions; those that the lengths of the inputs tell may be left out. */
  readonly dims?: Dims;
}

const kernels = new WeakMap<Program, Map<string, Kernel>>();

/**
 * Runs a Program on dense row-major inputs (any arrays of numbers) and returns fresh arrays: Float64Array for f32 and
 * f64, Int32Array, Uint32Array, and Uint8Array of 0 and 1 for bool.
 * Throws `RheoError`: `argument` for a wrong number of inputs, `shape` for a wrong length or a dimension that cannot
 * be told, `value` for an integer input that is none, and whatever `verify` finds.
 */
export function evaluate(
  program: Program,
  inputs: readonly ArrayLike<number>[],
  options: EvaluateOptions = {},
): TensorData[] {
  const { precision = 'double' } = options;
  const { params } = program;
  if (inputs.length !== params.length) {
    throw new RheoError('argument', {
      from: '@rheo/ir',
      what: `evaluate needs ${params.length} inputs, not ${inputs.length}`,
      remedy: `Pass (${params.map(({ type }) => formatType(type)).join(', ')})`,
    });
  }
  const dims = inferDims(
    params,
    inputs.map((input) => input.length),
    options.dims ?? {},
  );
  const run = preparedKernel(program, dims, precision);
  const values = inputs.map((input, index) => {
    const type = bindType((params[index] as Param).type, dims);
    if (input.length === type.size) return toStorage(input, type, precision, nameOf(params, index));
    throw wrongLength(params, index, input.length);
  });
  return run(values).map((data) => (data instanceof Float32Array ? new Float64Array(data) : data.slice()));
}

/** The kernel of a Program for these sizes; Programs are immutable, so it is verified and prepared once. */
export function preparedKernel(program: Program, dims: Dims, precision: Precision): Kernel {
  let variants = kernels.get(program);
  if (variants === undefined) {
    verify(program);
    variants = new Map();
    kernels.set(program, variants);
  }
  const key = `${precision} ${JSON.stringify(Object.entries(dims).sort())}`;
  let kernel = variants.get(key);
  if (kernel === undefined) {
    kernel = prepare(program, dims, precision);
    variants.set(key, kernel);
  }
  return kernel;
}

/** The input as the interpreter stores it; a copy unless it is that already. */
export function toStorage(input: ArrayLike<number>, type: BoundType, precision: Precision, where: string): TensorData {
  const storage = allocateFor({ ...type, size: 0 }, precision);
  if (input.constructor === storage.constructor && type.dtype !== 'bool') return input as TensorData;
  const data = allocateFor(type, precision);
  data.set(type.dtype === 'bool' ? Uint8Array.from(input, (x) => (x === 0 ? 0 : 1)) : input);
  const integers = type.dtype === 'i32' || type.dtype === 'u32';
  const wrong = integers ? data.findIndex((stored, i) => stored !== input[i]) : -1;
  if (wrong < 0) return data;
  throw new RheoError('value', { from: '@rheo/ir', what: `${input[wrong]} at ${wrong} is not ${type.dtype}`, where });
}
