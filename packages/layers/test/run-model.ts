/** Runs models on the reference interpreter, in double, for tests. */
import type { Tensor, Tree } from '@rheo/core';
import { flattenTree, mapTree, trace } from '@rheo/core';
import type { TensorType } from '@rheo/ir';
import { evaluate } from '@rheo/ir';
import type { Layer, ParameterSpec, SequenceContext } from '../src/index.ts';
import { applySequence, build, initialise, stateTypes } from '../src/index.ts';

export interface Given {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  readonly dtype?: TensorType['dtype'];
}

export interface Inputs {
  readonly values: Given;
  readonly dt?: Given | number;
  readonly mask?: Given;
  readonly lengths?: readonly number[];
  readonly state?: readonly Given[];
  readonly key?: Uint32Array;
}

/** Deterministic numbers in ±1, unlike one another. */
export function numbers(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.sin(1.7 * (index + 1) + 31 * seed + 0.1 * index * index));
}

export function filled(shape: readonly number[], seed: number): Given {
  return {
    shape,
    data: numbers(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
  };
}

/** Traces `model` on these inputs; parameters come first, then values, dt, mask, lengths, state, key as given. */
export function traced(model: Layer, inputs: Inputs, context: Omit<SequenceContext, 'key'> = {}) {
  const features = inputs.values.shape[2] ?? 0;
  const built = build(model, features);
  const types = mapTree(({ type }: ParameterSpec) => type, built.parameters);
  const { dt, mask, lengths, state, key } = inputs;
  const batch = inputs.values.shape[context.timeMajor ? 1 : 0] ?? 0;
  const typed = ({ shape, dtype = 'f32' }: Given): TensorType => ({ dtype, shape });
  const arrays: ArrayLike<number>[] = [inputs.values.data];
  const others: Record<string, Tree<TensorType>> = { values: typed(inputs.values) };
  const add = (name: string, given: Given): void => {
    others[name] = typed(given);
    arrays.push(given.data);
  };
  if (dt !== undefined && typeof dt !== 'number') add('dt', dt);
  if (mask !== undefined) add('mask', mask);
  if (lengths !== undefined) add('lengths', { shape: [lengths.length], data: lengths, dtype: 'i32' });
  if (state !== undefined) {
    others['state'] = stateTypes(built, batch);
    arrays.push(...state.map(({ data }) => data));
  }
  if (key !== undefined) add('key', { shape: [2], data: key, dtype: 'u32' });
  const paths: string[] = [];
  const { program } = trace(
    (weights: Tree<Tensor>, given: Tree<Tensor>) => {
      const { key: keyTensor, ...rest } = given as Record<string, Tensor>;
      const run = applySequence(model, weights, { ...(typeof dt === 'number' ? { dt } : {}), ...rest } as never, {
        ...context,
        key: keyTensor,
      });
      paths.push(...flattenTree(run.state).paths);
      return [run.outputs, ...flattenTree(run.state).leaves];
    },
    [types, others],
  );
  return { program, arrays, parameters: flattenTree(types), statePaths: paths };
}

/** Parameters of a model with more varied numbers than its initialiser gives. */
export function someParameters(model: Layer, features: number, seed = 3): number[][] {
  return flattenTree(initialise(model, { features, seed })).leaves.map(({ data }, index) =>
    numbers(data.length, index + seed).map((x) => 0.6 * x),
  );
}

export interface Result {
  readonly outputs: number[];
  readonly state: Readonly<Record<string, number[]>>;
}

/** Runs a model in double. */
export function run(
  model: Layer,
  parameters: number[][],
  inputs: Inputs,
  context: Omit<SequenceContext, 'key'> = {},
): Result {
  const { program, arrays, statePaths } = traced(model, inputs, context);
  const [outputs = [], ...states] = evaluate(program, [...parameters, ...arrays]).map((data) => Array.from(data));
  return { outputs, state: Object.fromEntries(statePaths.map((path, index) => [path, states[index] ?? []])) };
}

/** Largest difference of two arrays; infinite if their lengths differ. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((most, x, index) => Math.max(most, Math.abs(x - Number(b[index]))), 0);
}
