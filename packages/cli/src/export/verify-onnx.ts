/**
 * An exported ONNX file, run in ONNX Runtime on random sequences, against the model on the wasm backend.
 *
 * The runtime is loaded by itself and is given nothing but the bytes of the file: it shares no code with the exporter.
 * Some models amplify rounding: a solver with adaptive steps accepts other ones, the clock of a phased LSTM opens a step
 * later. Where engines differ by more than is allowed, the model in double says how much of it is the model's own.
 */

import type { ExportedOnnx } from '@rheo/interop';
import { referenceBackend } from '@rheo/ir';
import type { Checkpoint } from '@rheo/train';
import { withWasm } from '../backends.ts';
import type { Check } from './export-format.ts';
import { tolerance } from './export-format.ts';
import type { OnnxForm, Player, RunFile } from './players.ts';
import { filePlayer, modelPlayer } from './players.ts';
import { largestDifference, trialSequences, trialSizes } from './sequences.ts';

/** What is used of ONNX Runtime. */
export interface RuntimeModule {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      run(feeds: Readonly<Record<string, unknown>>): ReturnType<RunFile>;
      release(): Promise<void>;
    }>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown;
}

/** Runs the file. Throws what the runtime throws. */
export async function verifyOnnx(
  exported: ExportedOnnx,
  source: Checkpoint,
  form: OnnxForm,
  runtime: RuntimeModule,
  provider: string,
): Promise<Check> {
  const options = { executionProviders: [provider], logSeverityLevel: 3 };
  const session = await runtime.InferenceSession.create(exported.bytes, options);
  const run: RunFile = (feeds) =>
    session.run(
      Object.fromEntries(
        Object.entries(feeds).map(([name, { data, shape }]) => [name, new runtime.Tensor('float32', data, shape)]),
      ),
    );
  try {
    return await withWasm(async (wasm) => {
      const model = modelPlayer(wasm, source, form);
      const largest = await compare(filePlayer(run, exported, form), model, source.features);
      if (!(largest > tolerance)) return { largest, allowed: tolerance };
      const rounding = await compare(model, modelPlayer(referenceBackend(), source, form), source.features);
      return { largest, allowed: Math.max(tolerance, 2 * rounding) };
    });
  } finally {
    await session.release();
  }
}

/** The largest difference in all trials; NaN where something is missing, of another shape, or no number. */
async function compare(found: Player, wanted: Player, features: number): Promise<number> {
  let largest = 0;
  for (const [batch, time] of trialSizes) {
    const trial = trialSequences(batch, time, features);
    const [a, b] = [await found(trial), await wanted(trial)];
    const differences = b.map((expected, index) => largestDifference(a[index] ?? [], expected));
    largest = Math.max(largest, ...differences, a.length === b.length ? 0 : Number.NaN);
  }
  return largest;
}
