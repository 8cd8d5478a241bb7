/**
 * Runs a model over a batch of sequences on a backend, from host arrays to host arrays.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree, mapTree, unflattenTree } from '@rheo/core';
import type { Backend, DeviceTensor, Executable, Program, TensorData, TensorType } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { HostInputs } from './check-inputs.ts';
import { checkInputs } from './check-inputs.ts';
import type { FloatArray, HostArray } from './host-array.ts';
import { finiteNumbers, floatArray } from './host-array.ts';
import { build, matchParameters } from './initialise.ts';
import type { Layer } from './layer.ts';
import { predictProgram, unitsOf } from './programs.ts';
import { matchState } from './state.ts';

/** What `predict` gives. */
export interface Prediction {
  /** [batch, time, outputs], or [batch, outputs] of a model that returns only its last output. */
  readonly outputs: FloatArray;
  /** The final state: an initial state for the steps that follow. */
  readonly state: Tree<FloatArray>;
}

/**
 * Runs a model over sequences; `state` is where they start, zeros if absent.
 * Throws `shape`, `dtype`, `argument` or `value`, naming the input or the parameter.
 */
export async function predict(
  model: Layer,
  parameters: Tree<Parameter>,
  backend: Backend,
  inputs: HostInputs & { readonly state?: Tree<HostArray> | undefined },
): Promise<Prediction> {
  const checked = checkInputs(inputs);
  const { batch, time, features, mask } = checked;
  const built = build(model, features);
  const weights = flattenTree(matchParameters(built, parameters)).leaves;
  const states =
    inputs.state === undefined ? [] : stateLeaves(inputs.state, (tree) => matchState(built, tree, batch, 'f32'));
  if (checked.elapsedForm === 'unit') checkUnits(checked.dt?.shape[2], unitsOf(built));
  const { program, state } = predictProgram(model, {
    features,
    dt: checked.elapsedForm,
    mask: mask === undefined ? 'none' : mask.shape.length === 2 ? 'steps' : 'features',
    lengths: checked.lengths !== undefined,
    state: inputs.state !== undefined,
  });
  const executable = await compileFor(backend, program, { batch, time });

  const upload = (data: TensorData, type: TensorType): DeviceTensor => backend.upload(data, type);
  const floats = (array: FloatArray | undefined): DeviceTensor[] =>
    array === undefined ? [] : [upload(array.data, { dtype: 'f32', shape: array.shape })];
  const handles = [
    ...weights.map(({ data, type }) => upload(data, type)),
    ...states.flatMap(floats),
    ...floats(checked.values),
    ...floats(checked.dt),
    ...floats(mask),
    ...(checked.lengths === undefined ? [] : [upload(checked.lengths, { dtype: 'i32', shape: [batch] })]),
  ];
  let results: readonly DeviceTensor[] = [];
  try {
    results = executable.run(handles);
    const arrays = await Promise.all(
      results.map(async (result) =>
        floatArray((await backend.read(result)) as Float32Array, result.type.shape as number[]),
      ),
    );
    const [outputs, ...finals] = arrays;
    if (outputs === undefined) throw new Error('a prediction gave no output');
    return { outputs, state: unflattenTree(state, finals) };
  } finally {
    for (const handle of [...handles, ...results]) handle.dispose();
  }
}

function checkUnits(width: number | undefined, units: number): void {
  if (width === units) return;
  throw new RheoError('shape', {
    from: '@rheo/layers',
    what: `dt is for ${width} units, the layers of the model have ${units}`,
    where: 'dt',
    remedy: `Pass dt as [batch, time, ${units}], [batch, time] or [time]`,
  });
}

/** The executable of a Program, cached with the backend; names are bound where the backend cannot leave them free. */
export function compileFor(
  backend: Backend,
  program: Program,
  dims: Readonly<Record<string, number>>,
): Promise<Executable> {
  return backend.compile(program, backend.capabilities.freeDims ? {} : { dims });
}

/** Leaves of a state on the host, checked and in the model's order. */
export function stateLeaves(state: Tree<HostArray>, match: (tree: Tree<TypedState>) => Tree<TypedState>): FloatArray[] {
  const typed = mapTree((array: HostArray, path): TypedState => {
    const data = finiteNumbers(array, path === '' ? 'state' : `state ${path}`);
    return { type: { dtype: 'f32', shape: array.shape }, data };
  }, state);
  return flattenTree(match(typed)).leaves.map(({ type, data }) => floatArray(data, type.shape as readonly number[]));
}

type TypedState = { readonly type: TensorType; readonly data: Float32Array };
