/**
 * Programs of a model for inference: over whole sequences, and for one step. Both take the parameters first, in the order
 * of `flattenTree(build(model, features).parameters)`.
 */

import type { Tensor, Tree, TreeStructure } from '@rheo/core';
import { flattenTree, mapTree, trace } from '@rheo/core';
import type { Dim, Program, TensorType } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { applySequence } from './apply-sequence.ts';
import { applyStep } from './apply-step.ts';
import { build } from './initialise.ts';
import type { BuiltLayer, Layer } from './layer.ts';
import type { ParameterSpec } from './parameter.ts';
import { stateTypes } from './state.ts';

/**
 * How elapsed times come: not at all; one for each step, shared by the batch; one for each row and step; one for each
 * row, step and unit.
 */
export type ElapsedForm = 'none' | 'shared' | 'row' | 'unit';

/** Which inputs a sequence Program has, and their sizes. */
export interface PredictProgramOptions {
  readonly features: number;
  /** "batch" unless given. */
  readonly batch?: Dim;
  /** "time" unless given. */
  readonly time?: Dim;
  /** "none" unless given. */
  readonly dt?: ElapsedForm;
  /** A mask of steps [batch, time] or of features [batch, time, features], f32 with 0 and 1. */
  readonly mask?: 'none' | 'steps' | 'features';
  /** Lengths of the rows, i32 [batch]. */
  readonly lengths?: boolean;
  /** The initial state; it is zero otherwise. */
  readonly state?: boolean;
}

/** Which inputs a step Program has, and their sizes. */
export interface StepProgramOptions {
  readonly features: number;
  /** 1 unless given. */
  readonly batch?: Dim;
  /** "none" unless given; "shared" is a scalar. */
  readonly dt?: ElapsedForm;
  /** Observed features, f32 [batch, features] of 0 and 1. */
  readonly observed?: boolean;
}

/** A Program of a model, with the forms of its trees. */
export interface ModelProgram {
  /** Parameters: the model's, then the inputs in the order of `inputs`. Results: outputs, then the state's leaves. */
  readonly program: Program;
  readonly parameters: TreeStructure;
  readonly state: TreeStructure;
  readonly inputs: readonly ('state' | 'values' | 'dt' | 'mask' | 'lengths')[];
}

/** The Program of a model over sequences; batch-major. Throws `argument` as `build` does. */
export function predictProgram(model: Layer, options: PredictProgramOptions): ModelProgram {
  const { features, batch = 'batch', time = 'time', dt = 'none', mask = 'none' } = options;
  const built = build(model, features);
  const f32 = (...shape: Dim[]): TensorType => ({ dtype: 'f32', shape });
  const types: Record<string, Tree<TensorType>> = {};
  if (options.state === true) types['state'] = stateTypes(built, batch);
  types['values'] = f32(batch, time, features);
  if (dt === 'shared') types['dt'] = f32(time);
  if (dt === 'row') types['dt'] = f32(batch, time);
  if (dt === 'unit') types['dt'] = f32(batch, time, unitsOf(built));
  if (mask === 'steps') types['mask'] = f32(batch, time);
  if (mask === 'features') types['mask'] = f32(batch, time, features);
  if (options.lengths === true) types['lengths'] = { dtype: 'i32', shape: [batch] };
  return traceModel(built, types, (parameters, inputs) => applySequence(model, parameters, inputs as never));
}

/** The Program of one step of a model, with its state as input and result. Throws `argument` as `build` does. */
export function stepProgram(model: Layer, options: StepProgramOptions): ModelProgram {
  const { features, batch = 1, dt = 'none' } = options;
  const built = build(model, features);
  const f32 = (...shape: Dim[]): TensorType => ({ dtype: 'f32', shape });
  const types: Record<string, Tree<TensorType>> = { state: stateTypes(built, batch), values: f32(batch, features) };
  if (dt === 'shared') types['dt'] = f32();
  if (dt === 'row') types['dt'] = f32(batch, 1);
  if (dt === 'unit') types['dt'] = f32(batch, unitsOf(built));
  if (options.observed === true) types['mask'] = f32(batch, features);
  return traceModel(built, types, (parameters, { values, mask, ...rest }) =>
    applyStep(model, parameters, { x: values, observed: mask, ...rest } as never),
  );
}

/** The units that elapsed times per unit are for. Throws `argument` when the layers have none, or differ. */
export function unitsOf(built: BuiltLayer): number {
  const found = new Set<number>();
  const visit = (layer: BuiltLayer): void => {
    if (layer.form === 'chain') layer.parts.forEach(visit);
    else if (layer.form === 'bidirectional') visit(layer.forward);
    else if (layer.form === 'recurrent' && layer.units !== undefined) found.add(layer.units);
  };
  visit(built);
  const [units] = found;
  if (units !== undefined && found.size === 1) return units;
  throw new RheoError('argument', {
    from: '@rheo/layers',
    what: `elapsed times per unit need layers of one size, not ${found.size === 0 ? 'none' : [...found].join(' and ')}`,
    where: 'dt',
    remedy: 'Pass one elapsed time for each step',
  });
}

function traceModel(
  built: BuiltLayer,
  types: Readonly<Record<string, Tree<TensorType>>>,
  run: (
    parameters: Tree<Tensor>,
    inputs: Readonly<Record<string, Tree<Tensor>>>,
  ) => { readonly outputs: Tensor; readonly state: Tree<Tensor> },
): ModelProgram {
  const names = Object.keys(types);
  const weights = mapTree(({ type }: ParameterSpec) => type, built.parameters);
  const { program } = trace(
    (parameters: Tree<Tensor>, ...inputs: readonly Tree<Tensor>[]) => {
      const byName = Object.fromEntries(names.map((name, index) => [name, inputs[index] ?? {}]));
      const { outputs, state } = run(parameters, byName);
      return [outputs, ...flattenTree(state).leaves];
    },
    [weights, ...Object.values(types)],
    ['parameter', ...names],
  );
  return {
    program,
    parameters: flattenTree(weights).structure,
    state: flattenTree(stateTypes(built, 1)).structure,
    inputs: names as ModelProgram['inputs'],
  };
}
