/**
 * States of built models as trees: `{ h }` or `{ h, c }` of a cell, an array of those in a chain, `{}` without state.
 */

import type { Tensor, Tree } from '@rheo/core';
import { flattenTree, mapTree, unflattenTree, zeros } from '@rheo/core';
import type { Dim, DType, TensorType } from '@rheo/ir';
import { formatType, RheoError, sameType } from '@rheo/ir';
import type { FloatArray, HostArray } from './host-array.ts';
import { checkArray, finiteNumbers, floatArray } from './host-array.ts';
import type { BuiltLayer } from './layer.ts';

/** Types of the state of a built model; each leaf is [batch, units]. */
export function stateTypes(built: BuiltLayer, batch: Dim, dtype: DType = 'f32'): Tree<TensorType> {
  switch (built.form) {
    case 'chain':
      return built.parts.map((part) => stateTypes(part, batch, dtype));
    case 'recurrent':
      return built.state(batch, dtype);
    case 'bidirectional':
      return { forward: built.forward.state(batch, dtype), backward: built.backward.state(batch, dtype) };
    case 'pointwise':
      return {};
  }
}

/** The state at the start of a sequence: zeros. */
export function initialState(built: BuiltLayer, batch: Dim, dtype: DType): Tree<Tensor> {
  return mapTree(({ shape }: TensorType) => zeros(shape, dtype), stateTypes(built, batch, dtype));
}

/**
 * A state that the caller gave, in the order of the model's own.
 * Throws `argument` for a missing or foreign part, `shape` for a wrong type.
 */
export function matchState<T extends { readonly type: TensorType }>(
  built: BuiltLayer,
  state: Tree<T>,
  batch: Dim,
  dtype: DType,
): Tree<T> {
  const wanted = flattenTree(stateTypes(built, batch, dtype));
  const given = flattenTree(state);
  const found = new Map(given.paths.map((path, index) => [path, given.leaves[index]]));
  const leaves = wanted.paths.map((path, index) => {
    const leaf = found.get(path);
    const type = wanted.leaves[index];
    found.delete(path);
    if (leaf?.type === undefined || type === undefined) throw wrongState('argument', path, 'is missing', type);
    if (!sameType(leaf.type, type)) throw wrongState('shape', path, `is ${formatType(leaf.type)}`, type);
    return leaf;
  });
  for (const path of found.keys()) throw wrongState('argument', path, 'is no part of the state of this model');
  return unflattenTree(wanted.structure, leaves);
}

/** Leaves of a state on the host, in the model's order. Throws as `matchState` does, and `value` for what is not finite. */
export function hostState(built: BuiltLayer, state: Tree<HostArray>, batch: number): FloatArray[] {
  const typed = mapTree((array: HostArray, path) => {
    const name = path === '' ? 'state' : `state ${path}`;
    checkArray(array, name, [[undefined, undefined]]);
    const type: TensorType = { dtype: 'f32', shape: array.shape };
    return { type, array: floatArray(finiteNumbers(array, name), array.shape) };
  }, state);
  return flattenTree(matchState(built, typed, batch, 'f32')).leaves.map(({ array }) => array);
}

/** The states that layers ended in, in the form of the model. */
export function collectState(built: BuiltLayer, finals: ReadonlyMap<BuiltLayer, Tree<Tensor>>): Tree<Tensor> {
  if (built.form === 'chain') return built.parts.map((part) => collectState(part, finals));
  if (built.form === 'bidirectional') {
    return { forward: finals.get(built.forward) ?? {}, backward: finals.get(built.backward) ?? {} };
  }
  return finals.get(built) ?? {};
}

function wrongState(code: 'argument' | 'shape', path: string, what: string, type?: TensorType): RheoError {
  return new RheoError(code, {
    from: '@rheo/layers',
    what: `state ${path === '' ? 'of the model' : path} ${what}`,
    where: path,
    remedy: type === undefined ? 'Pass the state that a run returned' : `It must be ${formatType(type)}`,
  });
}
