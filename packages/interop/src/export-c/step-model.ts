/**
 * The step of a model as a Program of one row with its weights inside, and what a caller must know of it. Refuses what
 * no step can express.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import type { Program } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { BuiltLayer, Layer } from '@rheo/layers';
import { build, matchParameters, stateTypes, stepProgram } from '@rheo/layers';
import { optimise } from '@rheo/passes';
import { contiguousWeights } from './contiguous-weights.ts';
import { foldWeights } from './fold-weights.ts';

/** Whether a step is told the elapsed time; `none` takes each layer's default. */
export type ExportedElapsed = 'none' | 'shared';

/** A part of the state. */
export interface StateLeaf {
  readonly path: string;
  readonly size: number;
}

/** A model as one step of one row. */
export interface StepModel {
  /** Parameters: the leaves of the state, the input, dt if `dt` is "shared", observed if it is taken. Results: output, state. */
  readonly program: Program;
  readonly features: number;
  readonly outputs: number;
  readonly state: readonly StateLeaf[];
  readonly dt: ExportedElapsed;
  /** True if the step is told which features were observed. */
  readonly observed: boolean;
  /** True if the output stays as it was at steps where nothing was observed. */
  readonly holds: boolean;
}

/**
 * Makes the step. `dt` absent: "shared" if the model's step depends on it.
 * Throws `argument` for a model without a step or foreign parameters, `capability` for an adaptive solver, `value` for
 * parameters that are not finite.
 */
export function stepModel(
  model: Layer,
  parameters: Tree<Parameter>,
  features: number,
  wanted: ExportedElapsed | undefined,
): StepModel {
  const built = build(model, features);
  const layers = layersOf(built);
  if (layers.some(({ form }) => form === 'bidirectional')) {
    throw new RheoError('argument', {
      from: '@rheo/interop',
      layer: layers.find(({ form }) => form === 'bidirectional')?.path,
      what: 'a bidirectional layer reads the sequence from its end, so no step of it exists',
      remedy: 'Export the model as ONNX, over whole sequences',
    });
  }
  const state = flattenTree(stateTypes(built, 1));
  refuseAdaptive(state.paths);
  const weights = flattenTree(matchParameters(built, parameters));
  const values = weights.leaves.map(({ data }, index) => ({ name: weights.paths[index] || 'weights', data }));
  for (const { name, data } of values) refuseInfinite(name, data);
  const recurrent = layers.filter((layer) => layer.form === 'recurrent');
  const observed = recurrent.some(({ needsObserved }) => needsObserved);
  const made = (dt: ExportedElapsed): Program => {
    const { program } = stepProgram(model, { features, batch: 1, dt, observed });
    return contiguousWeights(optimise(foldWeights(optimise(program), values)));
  };
  let dt = wanted ?? 'shared';
  let program = made(dt);
  if (wanted === undefined && !isRead(program, state.leaves.length + 1)) {
    dt = 'none';
    program = made(dt);
  }
  return {
    program,
    features,
    outputs: built.outputs,
    state: state.leaves.map(({ shape }, index) => ({
      path: state.paths[index] ?? '',
      size: shape.reduce<number>((product, dim) => product * Number(dim), 1),
    })),
    dt,
    observed,
    holds: observed && recurrent.some(({ returnSequences }) => !returnSequences),
  };
}

function layersOf(built: BuiltLayer): Exclude<BuiltLayer, { form: 'chain' }>[] {
  return built.form === 'chain' ? built.parts.flatMap(layersOf) : [built];
}

function isRead({ instructions, results }: Program, param: number): boolean {
  return results.includes(param) || instructions.some(({ operands }) => operands.includes(param));
}

/** A microcontroller has nobody to tell that a solver did not finish, and no bound on the time that it takes. */
function refuseAdaptive(paths: readonly string[]): void {
  const path = paths.find((name) => name.split('/').at(-1) === 'unfinished');
  if (path === undefined) return;
  throw new RheoError('capability', {
    from: '@rheo/interop',
    layer: path.split('/').slice(0, -1).join('/') || undefined,
    what: 'an adaptive solver may need more steps than it has, which an exported step cannot report',
    remedy:
      'Use a solver of fixed steps (euler, midpoint, heun, rk4, semi-implicit), and check that the outputs stay close',
  });
}

function refuseInfinite(name: string, data: ArrayLike<number>): void {
  for (let index = 0; index < data.length; index++) {
    if (Number.isFinite(data[index])) continue;
    throw new RheoError('value', {
      from: '@rheo/interop',
      what: `parameter ${name} is ${data[index]} at ${index}`,
      where: name,
      remedy: 'Export parameters of a training run that did not diverge',
    });
  }
}
