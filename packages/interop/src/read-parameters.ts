/**
 * Fills the parameters of a planned model from the file: all of them, of the shapes that the model has, and nothing else.
 *
 * Everything that is missing, left over or of a wrong shape is found before the first number is read, and said at once.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree, unflattenTree } from '@rheo/core';
import { isDataError, toFloat32 } from '@rheo/data';
import type { ParameterSpec } from '@rheo/layers';
import { build } from '@rheo/layers';
import type { FileTensor } from './file-tensor.ts';
import { countOf, shapeText } from './file-tensor.ts';
import type { Fail } from './import-error.ts';
import { nameList } from './import-error.ts';
import type { Arrangement, ImportPlan, Origin } from './plan.ts';

/** The parameters of the planned model. Throws `format`, `shape`, `dtype` or `value`, naming the tensors. */
export function readParameters(plan: ImportPlan, tensors: readonly FileTensor[], fail: Fail): Tree<Parameter> {
  const { leaves, structure, paths } = flattenTree<ParameterSpec>(build(plan.model, plan.features).parameters);
  const origins = paths.map((path) => plan.origin(path));
  checkComplete(plan, origins, tensors, fail);
  origins.forEach((origin, index) => {
    checkShape(origin, leaves[index]?.type.shape as readonly number[], fail);
  });
  const parameters = leaves.map(({ initial: _, ...facts }, index): Parameter => {
    const origin = origins[index] as Origin;
    return { ...facts, data: numbersOf(origin, fail) };
  });
  return unflattenTree(structure, parameters);
}

function checkComplete(plan: ImportPlan, origins: readonly Origin[], tensors: readonly FileTensor[], fail: Fail): void {
  const missing = origins.filter(({ tensor }) => tensor === undefined).map(({ name }) => name);
  const used = new Set(origins.flatMap(({ tensor }) => (tensor === undefined ? [] : [tensor.name])));
  const extra = tensors.map(({ name }) => name).filter((name) => !used.has(name) && !plan.consumed.has(name));
  if (missing.length === 0 && extra.length === 0) return;
  const parts = [
    ...(missing.length === 0 ? [] : [`these tensors are missing: ${nameList(missing)}`]),
    ...(extra.length === 0 ? [] : [`these tensors belong to no part of the model: ${nameList(extra)}`]),
  ];
  throw fail(`${parts.join('; ')}`, {
    at: missing[0] ?? extra[0] ?? '',
    remedy:
      'Check framework, class and arguments of the configuration against the code that made the file; where the model ' +
      'is a part of a larger one, pass the prefix of its tensors as prefix',
  });
}

function checkShape({ name, tensor, arrangement }: Origin, wanted: readonly number[], fail: Fail): void {
  const shape = tensor?.shape ?? [];
  const lying = arrangement === 'transposed' ? wanted.toReversed() : wanted;
  const found = arrangement === 'flat' ? [countOf(shape)] : shape;
  if (found.length === lying.length && found.every((size, axis) => size === lying[axis])) return;
  throw fail(`${name} should be ${shapeText(lying)}`, {
    code: 'shape',
    at: tensor?.name ?? name,
    shapes: [shapeText(shape)],
    remedy: 'Pass the arguments that the model was made with, in particular its units, wiring and backbone',
  });
}

function numbersOf({ name, tensor, arrangement, mask }: Origin, fail: Fail): Float32Array {
  if (tensor === undefined) throw new Error(`${name} was not checked`);
  const values = float32(tensor, fail);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw fail(`element ${wrong} of ${name} is ${values[wrong]}`, {
      code: 'value',
      at: tensor.name,
      remedy: 'The training diverged before the file was saved; use an earlier checkpoint',
    });
  }
  const kept = mask === undefined ? values : masked(values, float32(mask, fail));
  return arranged(kept, tensor.shape, arrangement);
}

/** All numbers of a tensor, rounded to float32. Throws `value` for integers that are not exact, `dtype` for others. */
export function float32(tensor: FileTensor, fail: Fail): Float32Array {
  try {
    return toFloat32(tensor.read(), tensor.name);
  } catch (cause) {
    if (!isDataError(cause)) throw cause;
    throw fail(cause.details.what, { code: cause.code, at: tensor.name, remedy: cause.details.remedy, cause });
  }
}

function masked(values: Float32Array, mask: Float32Array): Float32Array {
  return values.map((value, index) => value * Math.abs(mask[index] ?? 0));
}

function arranged(values: Float32Array, shape: readonly number[], arrangement: Arrangement): Float32Array {
  const [rows = 0, columns = 0] = shape;
  // A copy, because several names may share one storage.
  if (arrangement !== 'transposed') return values.slice();
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column] ?? 0;
  }
  return out;
}
