/**
 * The smallest Program that shows whether a backend does its work: a CfC over three steps, its loss, and the gradient of
 * every parameter, compared with the reference interpreter in double.
 */

import type { Tensor } from '@rheo/core';
import { compile, flattenTree, reduceMean, square, trace, unflattenTree, valueAndGrad } from '@rheo/core';
import type { Backend, Program, TensorData, TensorType } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import { applySequence, cfc, initialise } from '@rheo/layers';

/** Allowed difference: some roundings of float32, as the conformance kit allows whole Programs. */
export const tolerance = 1e-5;

const [batch, steps, features] = [2, 3, 2];

interface Probe {
  readonly program: Program;
  readonly inputs: readonly { readonly type: TensorType; readonly data: TensorData }[];
}

function probe(): Probe {
  const model = cfc({ units: 3, backboneUnits: 4 });
  const { leaves, structure } = flattenTree(initialise(model, { features, seed: 1 }));
  const values: TensorType = { dtype: 'f32', shape: [batch, steps, features] };
  const dt: TensorType = { dtype: 'f32', shape: [batch, steps] };
  const { program } = trace(
    (parameters: readonly Tensor[], x: Tensor, elapsed: Tensor) => {
      const loss = (varied: readonly Tensor[]): Tensor =>
        reduceMean(square(applySequence(model, unflattenTree(structure, varied), { values: x, dt: elapsed }).outputs));
      const { value, gradient } = valueAndGrad(loss)(parameters);
      return [value, ...gradient];
    },
    [leaves.map(({ type }) => type), values, dt],
  );
  const wave = (count: number, mean: number): Float32Array =>
    Float32Array.from({ length: count }, (_, index) => mean + Math.sin(2 * index) / 2);
  return {
    program,
    inputs: [
      ...leaves.map(({ type, data }) => ({ type, data })),
      { type: values, data: wave(batch * steps * features, 0) },
      { type: dt, data: wave(batch * steps, 1) },
    ],
  };
}

async function results(backend: Backend, { program, inputs }: Probe): Promise<number[]> {
  const executable = await compile(backend, program);
  const handles = inputs.map(({ type, data }) => backend.upload(data, type));
  const numbers: number[] = [];
  for (const result of executable.run(handles)) numbers.push(...(await backend.read(result)));
  return numbers;
}

/** The largest difference from the reference, of the result or of 1; NaN if a number is NaN. Throws as the backend does. */
export async function probeDifference(backend: Backend): Promise<number> {
  const reference = referenceBackend();
  try {
    const work = probe();
    const [expected, found] = [await results(reference, work), await results(backend, work)];
    return Math.max(
      ...expected.map((right, index) => Math.abs((found[index] ?? Number.NaN) - right) / Math.max(1, Math.abs(right))),
    );
  } finally {
    await reference.dispose();
  }
}
