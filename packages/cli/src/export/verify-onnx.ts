/**
 * An exported ONNX file, run in ONNX Runtime on random sequences, against the model on the wasm backend.
 *
 * The runtime is loaded by itself and is given nothing but the bytes of the file: it shares no code with the exporter.
 */

import { flattenTree } from '@rheo/core';
import type { ExportedOnnx } from '@rheo/interop';
import type { ElapsedForm, FloatArray } from '@rheo/layers';
import { floatArray, predict, stream } from '@rheo/layers';
import type { Checkpoint } from '@rheo/train';
import { withWasm } from '../backends.ts';
import { largestDifference, trialSequences, trialSizes } from './sequences.ts';

/** What is used of ONNX Runtime. */
export interface RuntimeModule {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
      release(): Promise<void>;
    }>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => RuntimeTensor;
}

interface RuntimeTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Which form was exported. */
export interface OnnxForm {
  readonly form: 'sequence' | 'step';
  readonly dt: ElapsedForm;
  readonly observed: boolean;
}

/** What a check found. */
export interface Check {
  /** Largest difference; NaN where the shapes or the numbers are wrong. */
  readonly largest: number;
  readonly sequences: number;
}

/** Runs the file. Throws what the runtime throws. */
export async function verifyOnnx(
  exported: ExportedOnnx,
  source: Checkpoint,
  form: OnnxForm,
  runtime: RuntimeModule,
  provider: string,
): Promise<Check> {
  const session = await runtime.InferenceSession.create(exported.bytes, {
    executionProviders: [provider],
    logSeverityLevel: 3,
  });
  const run: Run = (feeds) =>
    session.run(
      Object.fromEntries(
        Object.entries(feeds).map(([name, { data, shape }]) => [name, new runtime.Tensor('float32', data, shape)]),
      ),
    );
  try {
    let largest = 0;
    let sequences = 0;
    for (const [batch, time] of trialSizes) {
      const found = await (form.form === 'step' ? trySteps : trySequence)(run, exported, source, form, batch, time);
      largest = Number.isNaN(found) ? found : Math.max(largest, found);
      sequences += batch;
    }
    return { largest, sequences };
  } finally {
    await session.release();
  }
}

type Run = (feeds: Readonly<Record<string, FloatArray>>) => Promise<Readonly<Record<string, RuntimeTensor>>>;

async function trySequence(
  run: Run,
  exported: ExportedOnnx,
  { model, parameters, features }: Checkpoint,
  { dt: elapsed, observed }: OnnxForm,
  batch: number,
  time: number,
): Promise<number> {
  const trial = trialSequences(batch, time, features);
  const values = floatArray(trial.values, [batch, time, features]);
  const mask = observed ? { mask: floatArray(trial.observed, [batch, time, features]) } : {};
  const dt = timesOf(trial.dt, batch, time, elapsed, unitsOf(exported, elapsed));
  const inputs = { values, ...(dt && { dt }), ...mask };
  const { outputs, state } = await withWasm((wasm) => predict(model, parameters, wasm, inputs));
  const results = await run(inputs);
  const { leaves, paths } = flattenTree(state);
  const wanted: [string, FloatArray][] = [
    ['outputs', outputs],
    ...leaves.map((leaf, index): [string, FloatArray] => [stateName('final_state', paths[index] ?? ''), leaf]),
  ];
  return worst(wanted.map(([name, expected]) => difference(results[name], expected)));
}

async function trySteps(
  run: Run,
  exported: ExportedOnnx,
  { model, parameters, features }: Checkpoint,
  { dt: elapsed, observed }: OnnxForm,
  batch: number,
  time: number,
): Promise<number> {
  const trial = trialSequences(batch, time, features);
  const units = unitsOf(exported, elapsed);
  const found: number[] = [];
  await withWasm(async (wasm) => {
    // A stream takes times for rows or units; one that all rows share is the same for each of them.
    const form = elapsed === 'shared' ? 'row' : elapsed;
    const live = await stream(model, parameters, wasm, { features, batch, dt: form, observed });
    let state = Object.fromEntries(
      exported.inputs
        .filter(({ name }) => /^state(\/|$)/.test(name))
        .map(({ name, shape }) => {
          const sized = shape.map((dim) => (typeof dim === 'string' ? batch : dim));
          return [name, floatArray(new Float32Array(sized.reduce((a, b) => a * b, 1)), sized)];
        }),
    );
    for (let t = 0; t < time; t++) {
      const x = rowsAt(trial.values, batch, time, features, t);
      const seen = rowsAt(trial.observed, batch, time, features, t);
      const every = rowsAt(trial.dt, batch, time, 1, t);
      const first = every[0] ?? 0;
      const steps = elapsed === 'shared' ? every.fill(first) : repeated(every, units);
      const wanted = live.step(x, elapsed === 'none' ? undefined : steps, observed ? seen : undefined);
      const dt =
        elapsed === 'none'
          ? {}
          : { dt: elapsed === 'shared' ? floatArray(Float32Array.of(first), []) : floatArray(steps, [batch, units]) };
      const mask = observed ? { mask: floatArray(seen, [batch, features]) } : {};
      const results = await run({ ...state, values: floatArray(x, [batch, features]), ...dt, ...mask });
      found.push(largestDifference(results['outputs']?.data ?? [], wanted));
      state = Object.fromEntries(
        Object.entries(state).map(([name, { shape }]) => {
          return [name, floatArray(results[`next_${name}`]?.data ?? new Float32Array(), shape)];
        }),
      );
    }
    live.dispose();
  });
  return worst(found);
}

/** Units that times are for, one unless there is one for each. */
function unitsOf({ inputs }: ExportedOnnx, elapsed: ElapsedForm): number {
  return elapsed === 'unit' ? Number(inputs.find(({ name }) => name === 'dt')?.shape.at(-1)) : 1;
}

/** Elapsed times in the form that was exported; undefined for none. */
function timesOf(
  rows: Float32Array,
  batch: number,
  time: number,
  form: ElapsedForm,
  units: number,
): FloatArray | undefined {
  if (form === 'none') return undefined;
  if (form === 'shared') return floatArray(rows.slice(0, time), [time]);
  return form === 'row' ? floatArray(rows, [batch, time]) : floatArray(repeated(rows, units), [batch, time, units]);
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

function stateName(start: string, path: string): string {
  return path === '' ? start : `${start}/${path}`;
}

function difference(found: RuntimeTensor | undefined, { data, shape }: FloatArray): number {
  if (found === undefined || found.dims.join() !== shape.join()) return Number.NaN;
  return largestDifference(found.data, data);
}

function worst(numbers: readonly number[]): number {
  return Math.max(0, ...numbers);
}
