/**
 * The Programs of a case: outputs, final states and the sum of squared outputs; and the same with gradients.
 */

import type { Tensor, Tree } from '@rheo/core';
import { flattenTree, gradient, mapTree, reduceSum, square, trace, unflattenTree } from '@rheo/core';
import type { Program, TensorType } from '@rheo/ir';
import type { ParameterSpec } from '@rheo/layers';
import { applySequence, build, stateTypes } from '@rheo/layers';
import type { FlatArray } from './flat-array.ts';
import type { ByPath, ParityCase } from './parity-case.ts';

/** A Program with its inputs, and what its results are called. */
export interface CaseProgram {
  readonly program: Program;
  readonly inputs: readonly FlatArray[];
  /** `outputs`, `state PATH` and `gradient of PATH`, one for each result but the loss. */
  readonly results: readonly string[];
}

/** Traces a case, with the gradients of everything that is a float input but times and masks, if wanted. */
export function caseProgram(given: ParityCase, gradients: boolean): CaseProgram {
  const built = build(given.model, given.features);
  const batch = given.values.shape[given.timeMajor ? 1 : 0] ?? 0;
  const parameters = flattenTree(mapTree(({ type }: ParameterSpec) => type, built.parameters));
  const states = flattenTree(stateTypes(built, batch));
  const optional: Record<string, FlatArray> = {};
  if (given.dt !== undefined) optional['dt'] = given.dt;
  if (given.mask !== undefined) optional['mask'] = given.mask;

  const finals: string[] = [];
  const { program } = trace(
    (weights: Tree<Tensor>, values: Tree<Tensor>, state: Tree<Tensor>, others: Tree<Tensor>) => {
      const { timeMajor } = given;
      const { dt, mask } = others as { readonly dt?: Tensor; readonly mask?: Tensor };
      const run = applySequence(given.model, weights, { values: values as Tensor, dt, mask, state }, { timeMajor });
      const ends = flattenTree(run.state);
      finals.push(...ends.paths.map((path) => `state ${path}`));
      return [run.outputs, ...ends.leaves, reduceSum(square(run.outputs))];
    },
    [
      unflattenTree(parameters.structure, parameters.leaves),
      typeOf(given.values),
      unflattenTree(states.structure, states.leaves),
      Object.fromEntries(Object.entries(optional).map(([name, array]) => [name, typeOf(array)])),
    ],
    ['parameter', 'values', 'state', 'other'],
  );
  const inputs = [
    ...parameters.paths.map((path, index) => named(given.parameters, path, parameters.leaves[index], 'parameter')),
    given.values,
    ...states.paths.map((path, index) => given.state[path] ?? blank(states.leaves[index])),
    ...Object.values(optional),
  ];
  const results = ['outputs', ...finals, 'loss'];
  if (!gradients) return { program, inputs, results };
  const wrt = Array.from({ length: parameters.leaves.length + 1 + states.leaves.length }, (_, index) => index);
  const names = [...parameters.paths, 'values', ...states.paths.map((path) => `state ${path}`)];
  return {
    program: gradient(program, { of: results.length - 1, wrt }),
    inputs,
    results: [...results, ...names.map((name) => `gradient of ${name}`)],
  };
}

function typeOf({ shape }: FlatArray): TensorType {
  return { dtype: 'f32', shape };
}

function named(arrays: ByPath, path: string, type: TensorType | undefined, what: string): FlatArray {
  const found = arrays[path];
  if (found === undefined) throw new Error(`the vector has no ${what} ${path}`);
  if (found.shape.join() !== type?.shape.join()) {
    throw new Error(`${what} ${path} is [${found.shape}] in the vector, not [${type?.shape}]`);
  }
  return found;
}

function blank(type: TensorType | undefined): FlatArray {
  const shape = (type?.shape ?? []) as readonly number[];
  return { shape, data: new Float64Array(shape.reduce((product, size) => product * size, 1)) };
}
