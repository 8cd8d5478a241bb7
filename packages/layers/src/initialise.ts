/**
 * Building a model for its input, and giving it its first parameters.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree, foldIn, key, mapTree, orthogonal, unflattenTree, uniform } from '@rheo/core';
import type { TensorType } from '@rheo/ir';
import { formatShape, RheoError, sameShape } from '@rheo/ir';
import type { BuiltLayer, Layer } from './layer.ts';
import type { Initialiser, ParameterSpec } from './parameter.ts';

/** Builds a model for `features` input features. Throws `argument` for a number that is none, or layers that do not fit. */
export function build(model: Layer, features: number): BuiltLayer {
  if (typeof model?.build !== 'function') {
    throw new RheoError('argument', {
      from: '@rheo/layers',
      what: 'this is no model',
      remedy: 'Pass a layer such as cfc({ units: 64 }) or sequential([…])',
    });
  }
  if (!Number.isSafeInteger(features) || features < 1) {
    throw new RheoError('argument', {
      from: '@rheo/layers',
      what: `a model cannot have ${features} input features`,
      where: 'features',
      remedy: 'Pass an integer of at least 1',
    });
  }
  return model.build(features);
}

/** First parameters of a model; equal seeds give equal parameters. */
export function initialise(
  model: Layer,
  options: { readonly features: number; readonly seed: number },
): Tree<Parameter> {
  const { parameters } = build(model, options.features);
  const root = key(options.seed);
  let count = 0;
  return mapTree((spec: ParameterSpec) => start(spec, foldIn(root, count++)), parameters);
}

/**
 * The parameters of a built model in the order in which it has them, whatever order of keys they came in.
 * Throws `argument` for a missing or foreign path, `shape` for a wrong shape.
 */
export function matchParameters<T extends { readonly type: TensorType }>(
  built: BuiltLayer,
  parameters: Tree<T>,
): Tree<T> {
  const wanted = flattenTree(built.parameters);
  const given = flattenTree(parameters);
  const found = new Map(given.paths.map((path, index) => [path, given.leaves[index]]));
  const leaves = wanted.paths.map((path, index) => {
    const leaf = found.get(path);
    if (leaf?.type === undefined) throw wrongParameter('argument', path, 'is missing');
    const shape = wanted.leaves[index]?.type.shape ?? [];
    if (!sameShape(leaf.type.shape, shape)) {
      throw wrongParameter('shape', path, `is ${formatShape(leaf.type.shape)}, not ${formatShape(shape)}`);
    }
    found.delete(path);
    return leaf;
  });
  for (const path of found.keys()) throw wrongParameter('argument', path, 'is no parameter of this model');
  return unflattenTree(wanted.structure, leaves);
}

function wrongParameter(code: 'argument' | 'shape', path: string, what: string): RheoError {
  return new RheoError(code, {
    from: '@rheo/layers',
    what: `parameter ${path} ${what}`,
    where: path,
    remedy: 'Use the parameters that initialise(model, { features, seed }) makes for this model and input',
  });
}

function start({ initial, ...facts }: ParameterSpec, from: Uint32Array): Parameter {
  return { ...facts, data: firstValues(initial, facts.type.shape as readonly number[], from) };
}

function firstValues(initial: Initialiser, shape: readonly number[], from: Uint32Array): Float32Array {
  switch (initial.kind) {
    case 'constant':
      return new Float32Array(shape.reduce((product, dim) => product * dim, 1)).fill(initial.value);
    case 'uniform':
      return uniform(from, shape, -initial.limit, initial.limit);
    case 'range': {
      const values = uniform(from, shape, initial.low, initial.high);
      // log(e^x − 1); 0 itself is the softplus of no number.
      return initial.softplus === true ? values.map((x) => Math.log(Math.expm1(Math.max(x, 1e-7)))) : values;
    }
    case 'signs':
      return uniform(from, shape, -1, 1).map((x) => (x < 0 ? -1 : 1));
    case 'values':
      return Float32Array.from(initial.values);
    case 'orthogonal':
      return orthogonal(from, shape);
  }
}
