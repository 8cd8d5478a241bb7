/**
 * Who plays a trial: the model on a backend of Rheo, or an exported file in a runtime. Both give the same list of arrays, so
 * that they can be compared: for sequences the outputs and the final state, for steps the outputs of every step.
 */

import { flattenTree } from '@rheo/core';
import type { ExportedOnnx } from '@rheo/interop';
import type { Backend } from '@rheo/ir';
import type { ElapsedForm, FloatArray } from '@rheo/layers';
import { floatArray, predict, stream } from '@rheo/layers';
import type { Checkpoint } from '@rheo/train';
import type { TrialSequences } from './sequences.ts';

/** What a trial gave; an array that is missing or of another shape is empty. */
export type Player = (trial: TrialSequences) => Promise<readonly ArrayLike<number>[]>;

/** Which form was exported. */
export interface OnnxForm {
  readonly form: 'sequence' | 'step';
  readonly dt: ElapsedForm;
  readonly observed: boolean;
  /** Numbers of one elapsed time: the units where there is one for each. */
  readonly units: number;
}

/** Runs an exported file: named arrays in, named arrays out. */
export type RunFile = (
  feeds: Readonly<Record<string, FloatArray>>,
) => Promise<Readonly<Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>>>;

/** The model itself. */
export function modelPlayer(backend: Backend, { model, parameters, features }: Checkpoint, form: OnnxForm): Player {
  if (form.form === 'sequence') {
    return async (trial) => {
      const { outputs, state } = await predict(model, parameters, backend, sequenceInputs(trial, form));
      return [outputs.data, ...flattenTree(state).leaves.map(({ data }) => data)];
    };
  }
  return async (trial) => {
    // A stream takes times for rows or units; one that all rows share is the same for each of them.
    const dt = form.dt === 'shared' ? 'row' : form.dt;
    const live = await stream(model, parameters, backend, {
      features,
      batch: trial.batch,
      dt,
      observed: form.observed,
    });
    const found = Array.from({ length: trial.time }, (_, t) => {
      const { values, times, observed } = stepAt(trial, form, t);
      return live.step(values, form.dt === 'none' ? undefined : times, form.observed ? observed : undefined).slice();
    });
    live.dispose();
    return found;
  };
}

/** The exported file. */
export function filePlayer(run: RunFile, { inputs, outputs }: ExportedOnnx, form: OnnxForm): Player {
  return async (trial) => {
    const sized = (shape: readonly (number | string)[]): number[] =>
      shape.map((dim) => (dim === 'batch' ? trial.batch : dim === 'time' ? trial.time : Number(dim)));
    const resultOf = (results: Awaited<ReturnType<RunFile>>, name: string): Float32Array => {
      const shape = outputs.find((port) => port.name === name)?.shape ?? [];
      const found = results[name];
      return found !== undefined && found.dims.join() === sized(shape).join() ? found.data : new Float32Array();
    };
    if (form.form === 'sequence') {
      const results = await run(sequenceInputs(trial, form));
      return outputs.map(({ name }) => resultOf(results, name));
    }
    let state = inputs
      .filter(({ name }) => /^state(\/|$)/.test(name))
      .map(({ name, shape }): [string, FloatArray] => {
        const size = sized(shape);
        return [name, floatArray(new Float32Array(size.reduce((a, b) => a * b, 1)), size)];
      });
    const found: Float32Array[] = [];
    for (let t = 0; t < trial.time; t++) {
      const results = await run({ ...Object.fromEntries(state), ...stepInputs(trial, form, t) });
      found.push(resultOf(results, 'outputs'));
      state = state.map(([name, { shape }]) => [name, floatArray(resultOf(results, `next_${name}`), shape)]);
    }
    return found;
  };
}

function sequenceInputs({ batch, time, values, dt, observed }: TrialSequences, form: OnnxForm) {
  const shape = [batch, time, values.length / (batch * time)];
  const times = {
    none: undefined,
    shared: floatArray(dt.slice(0, time), [time]),
    row: floatArray(dt, [batch, time]),
    unit: floatArray(repeated(dt, form.units), [batch, time, form.units]),
  }[form.dt];
  return {
    values: floatArray(values, shape),
    ...(times && { dt: times }),
    ...(form.observed && { mask: floatArray(observed, shape) }),
  };
}

function stepInputs(trial: TrialSequences, form: OnnxForm, t: number): Record<string, FloatArray> {
  const { batch } = trial;
  const { values, times, observed } = stepAt(trial, form, t);
  const shape = [batch, values.length / batch];
  const shared = form.dt === 'shared';
  return {
    values: floatArray(values, shape),
    ...(form.dt === 'none'
      ? {}
      : { dt: shared ? floatArray(times.slice(0, 1), []) : floatArray(times, [batch, form.units]) }),
    ...(form.observed ? { mask: floatArray(observed, shape) } : {}),
  };
}

/** The inputs of all rows at one step. */
function stepAt({ batch, time, values, dt, observed }: TrialSequences, form: OnnxForm, t: number) {
  const width = values.length / (batch * time);
  const rows = rowsAt(dt, batch, time, 1, t);
  const times = form.dt === 'shared' ? rows.fill(rows[0] ?? 0) : repeated(rows, form.units);
  return { values: rowsAt(values, batch, time, width, t), times, observed: rowsAt(observed, batch, time, width, t) };
}

function repeated(numbers: Float32Array, times: number): Float32Array {
  return Float32Array.from({ length: numbers.length * times }, (_, i) => numbers[Math.floor(i / times)] ?? 0);
}

/** [batch, width] at a time of [batch, time, width]. */
function rowsAt(numbers: Float32Array, batch: number, time: number, width: number, t: number): Float32Array {
  return Float32Array.from({ length: batch * width }, (_, i) => {
    return numbers[(Math.floor(i / width) * time + t) * width + (i % width)] ?? 0;
  });
}
