/**
 * Saliency: how much one output of a model depends on every input at every step, by the gradient.
 *
 * It is the derivative of the very Program that predicts, so masks, lengths, elapsed times and backends mean what they
 * mean in `predict`; dropout is off. A gradient is a local answer: it tells what a small change of an input would do.
 */

import type { Parameter, Tree } from '@rheo/core';
import { compile, flattenTree, unflattenTree, vjp, watchDevice } from '@rheo/core';
import type { Backend, DeviceTensor, Executable } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { CheckedInputs, HostInputs } from '../check-inputs.ts';
import { checkInputs } from '../check-inputs.ts';
import type { FloatArray } from '../host-array.ts';
import { floatArray } from '../host-array.ts';
import { build, matchParameters } from '../initialise.ts';
import type { Layer } from '../layer.ts';
import { predictProgram } from '../programs.ts';
import { requireSolvedState } from '../solver-state.ts';

/** Of which output. */
export interface SaliencyOptions {
  /** Column of the outputs; 0 unless given. */
  readonly output?: number | undefined;
  /** Time step of the output; the last unless given. A model that returns only its last output takes none. */
  readonly step?: number | undefined;
}

/** How one output of each row depends on its inputs. */
export interface Saliency {
  /** ∂ output / ∂ input, [batch, time, features]; 0 for steps after the output and for features that were not observed. */
  readonly gradient: FloatArray;
  /** |∂ output / ∂ input|, of the same shape. */
  readonly magnitude: FloatArray;
  /** The outputs of the model, as `predict` gives them. */
  readonly outputs: FloatArray;
}

/**
 * The saliency of all inputs for one output of every row. Throws as `predict` does, `argument` for an output or a step that
 * is not there, and `gradient` where the model cannot be differentiated.
 */
export async function saliency(
  model: Layer,
  parameters: Tree<Parameter>,
  backend: Backend,
  inputs: HostInputs,
  options: SaliencyOptions = {},
): Promise<Saliency> {
  const checked = checkInputs(inputs);
  const { batch, time, features, values, dt, mask, lengths } = checked;
  const { leaves: weights } = flattenTree(matchParameters(build(model, features), parameters));
  const { program, state } = predictProgram(model, {
    features,
    dt: checked.elapsedForm,
    mask: mask === undefined ? 'none' : mask.shape.length === 2 ? 'steps' : 'features',
    lengths: lengths !== undefined,
  });
  const dims = { batch, time };
  // Parameters of the model come first, and its values directly after them.
  const derived = vjp(program, [weights.length]);
  const seeds = derived.params.slice(program.params.length).map(({ type }, index) => {
    const shape = type.shape.map((dim) => (typeof dim === 'number' ? dim : dims[dim as keyof typeof dims]));
    return index === 0 ? selected(shape, checked, options) : floatArray(new Float32Array(sizeOf(shape)), shape);
  });

  const watch = watchDevice(backend);
  const handles: DeviceTensor[] = [];
  let executable: Executable | undefined;
  try {
    executable = await watch.wait(compile(backend, derived, backend.capabilities.freeDims ? {} : { dims }));
    const upload = ({ data, shape }: FloatArray): void => {
      handles.push(backend.upload(data, { dtype: 'f32', shape }));
    };
    for (const { data, type } of weights) handles.push(backend.upload(data, type));
    for (const array of [values, dt, mask]) if (array !== undefined) upload(array);
    if (lengths !== undefined) handles.push(backend.upload(lengths, { dtype: 'i32', shape: [batch] }));
    seeds.forEach(upload);
    const results = executable.run([...handles]);
    handles.push(...results);
    const reads = results.map(async (result) =>
      floatArray((await backend.read(result)) as Float32Array, result.type.shape as readonly number[]),
    );
    const [outputs, ...rest] = await watch.wait(Promise.all(reads));
    const gradient = rest.pop();
    if (outputs === undefined || gradient === undefined) throw new Error('a gradient gave no result');
    requireSolvedState(unflattenTree(state, rest));
    return { gradient, magnitude: floatArray(gradient.data.map(Math.abs), gradient.shape), outputs };
  } finally {
    watch.free([...handles, ...(executable === undefined ? [] : [executable])]);
  }
}

/** 1 at the chosen output of each row, 0 elsewhere. */
function selected(shape: readonly number[], { batch, time }: CheckedInputs, options: SaliencyOptions): FloatArray {
  const outputs = shape.at(-1) ?? 0;
  const steps = shape.length === 3 ? time : 1;
  if (options.step !== undefined && shape.length !== 3) {
    throw absent('the model returns only its last output', 'step', 'Leave step out');
  }
  const { output = 0, step = steps - 1 } = options;
  if (!isPlace(output, outputs)) {
    throw absent(`there is no output ${output}`, 'output', `The model has ${outputs}, counted from 0`);
  }
  if (!isPlace(step, steps)) {
    throw absent(`there is no step ${step}`, 'step', `The sequences have ${steps}, counted from 0`);
  }
  const data = new Float32Array(sizeOf(shape));
  for (let row = 0; row < batch; row++) data[(row * steps + step) * outputs + output] = 1;
  return floatArray(data, shape);
}

function isPlace(value: number, count: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < count;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function absent(what: string, where: string, remedy: string): RheoError {
  return new RheoError('argument', { from: '@rheo/layers', what: `saliency: ${what}`, where, remedy });
}
