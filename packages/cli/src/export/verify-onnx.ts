/**
 * An exported ONNX file, run in ONNX Runtime on random sequences, against the model on the wasm backend.
 *
 * The runtime is loaded by itself and is given nothing but the bytes of the file: it shares no code with the exporter.
 */

import type { ExportedOnnx } from '@rheo/interop';
import type { Checkpoint } from '@rheo/train';
import { withWasm } from '../backends.ts';
import type { Check } from './export-format.ts';
import type { OnnxForm, RunFile } from './players.ts';
import { filePlayer, modelPlayer } from './players.ts';
import { compare, judge } from './trials.ts';

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
      return await judge(largest, source, form, wasm);
    });
  } finally {
    await session.release();
  }
}
