/**
 * The loss of a model on a data set: all sequences, in order, without dropout. Sums are gathered per batch in float32 on
 * the device and across batches in double on the host.
 */

import { compile, watchDevice } from '@rheo/core';
import type { Backend, DeviceTensor } from '@rheo/ir';
import { batchBuffers } from './batch-buffers.ts';
import { deviceLoop } from './device-loop.ts';
import type { Objective } from './programs.ts';
import { evaluationProgram } from './programs.ts';
import type { PreparedData } from './training-data.ts';

/** What evaluation gives. */
export interface Evaluation {
  /** What training minimises: mean loss of the items that count, and the penalty. */
  readonly loss: number;
  /** Mean loss of the items that count alone. */
  readonly dataLoss: number;
  /** L2 penalty; 0 without one. */
  readonly penalty: number;
  /** Items that count: time steps, or sequences where the model has one output for each. */
  readonly items: number;
}

/** A compiled evaluation of one data set. */
export interface Evaluator {
  /** Evaluates parameters on the device, given in the order of the objective: trained, then frozen. */
  run(parameters: readonly DeviceTensor[]): Promise<Evaluation>;
  dispose(): void;
}

/** Compiles the evaluation of a data set. Rejects with `lost` or `disposed` when the device goes, as its runs do. */
export async function evaluator(
  objective: Objective,
  data: PreparedData,
  options: { readonly backend: Backend; readonly batchSize: number; readonly perStep: boolean },
): Promise<Evaluator> {
  const { backend, batchSize, perStep } = options;
  const batch = batchBuffers(data, batchSize, perStep);
  const executable = await watchDevice(backend).wait(compile(backend, evaluationProgram(objective, batch.types)));
  const order = Int32Array.from({ length: data.count }, (_, row) => row);
  return {
    run: async (parameters) => {
      const parts = { backend, executable, state: [], fixed: parameters, buffers: batch.buffers, scalars: 3 };
      const loop = deviceLoop(parts);
      let sum = 0;
      let items = 0;
      let penalty = 0;
      try {
        for (let from = 0; from < data.count; from += batch.rows) {
          const filled = batch.fill(order, from);
          // Waiting for what is there already would cost a turn for each step.
          if (typeof filled !== 'number') await filled;
          loop.step();
        }
        for (const [batchSum = 0, weight = 0, batchPenalty = 0] of await loop.drain()) {
          sum += batchSum;
          items += weight;
          penalty = batchPenalty;
        }
      } finally {
        loop.dispose();
      }
      const dataLoss = items > 0 ? sum / items : 0;
      return { loss: dataLoss + penalty, dataLoss, penalty, items };
    },
    dispose: () => executable.dispose(),
  };
}
