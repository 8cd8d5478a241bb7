/**
 * The model of a run as a stream: one observation in, one prediction out, nothing but the state kept in between.
 *
 * Everything comes from the umbrella package and the model file, as it would in a program of its own.
 */

import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Terminal } from '@rheo/cli';
import { load, type SequenceData, wasm } from 'rheo';

/** What is shown. */
export interface LiveOptions {
  readonly model: string;
  readonly data: SequenceData;
  /** Sequence, and the first step shown; the steps before it are streamed silently. */
  readonly row: number;
  readonly from: number;
  readonly count: number;
  /** The value shown. */
  readonly feature: number;
}

/** Streams a sequence through the model, with a line for each step shown. */
export async function streamLive(options: LiveOptions, { out, signal }: Terminal): Promise<void> {
  const { model, data, row, from, count, feature } = options;
  const { steps, features, values, dt, targets } = data;
  const backend = await wasm();
  try {
    const fitted = load(new Uint8Array(await readFile(model)), { backend, file: model });
    const live = await fitted.stream();
    out.write(' time  gap      now predicted     true\n');
    let time = 0;
    for (let t = 0; t < Math.min(steps, from + count); t++) {
      if (signal?.aborted === true) return;
      const at = row * steps + t;
      const elapsed = dt[at] ?? 1;
      time += elapsed;
      const observation = values.subarray(at * features, (at + 1) * features);
      const prediction = live.step(observation, elapsed);
      if (t < from) continue;
      const numbers = [observation[feature], prediction[feature], targets[at * features + feature]];
      const [now, predicted, truth] = numbers.map((value) => (value ?? Number.NaN).toFixed(2).padStart(8));
      out.write(`${String(time).padStart(5)} ${String(elapsed).padStart(4)} ${now}  ${predicted} ${truth}\n`);
      if (out.isTTY === true) await pause(120);
    }
    live.dispose();
  } finally {
    await backend.dispose();
  }
}
