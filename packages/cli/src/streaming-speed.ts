/**
 * Time of one streaming step: one observation in, one prediction out, state carried, on the WebAssembly backend, whatever
 * backend trains: a stream steps synchronously.
 */

import type { SequenceData } from '@rheo/data';
import type { Backend } from '@rheo/ir';
import { stream } from '@rheo/layers';
import type { Fitted } from '@rheo/train';
import { withWasm } from './backends.ts';

const warmUp = 300;
const groups = 20;
const groupSteps = 100;

/** Median microseconds of a step over groups of steps, through `Stream.step`, after the engine has warmed up. */
export function streamingSpeed(fitted: Fitted, data: SequenceData): Promise<number> {
  return withWasm((backend) => timeSteps(fitted, data, backend));
}

/** The remark under a streaming time, where another backend did the rest. */
export function streamingRemark(backend: Backend): string | undefined {
  return backend.name === 'wasm' ? undefined : `The streaming step is timed on wasm, not on ${backend.name}.`;
}

async function timeSteps(fitted: Fitted, data: SequenceData, backend: Backend): Promise<number> {
  const { features, steps, values, dt } = data;
  const live = await stream(fitted.model, fitted.parameters, backend, { features });
  const inputs = Array.from({ length: steps }, (_, t) => values.subarray(t * features, (t + 1) * features));
  let t = 0;
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) {
      live.step(inputs[t] ?? [], dt[t] ?? 1);
      t = (t + 1) % steps;
    }
  };
  try {
    run(warmUp);
    const times: number[] = [];
    for (let group = 0; group < groups; group++) {
      const start = performance.now();
      run(groupSteps);
      times.push(((performance.now() - start) * 1000) / groupSteps);
    }
    times.sort((a, b) => a - b);
    return times[groups / 2] ?? Number.NaN;
  } finally {
    live.dispose();
  }
}
