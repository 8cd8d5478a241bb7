/**
 * The loss of a model on a data set, and metrics: all sequences, in order, without dropout. Sums are gathered per batch in
 * float32 on the device and across batches in double on the host; outputs are read for metrics alone.
 */

import { compile, watchDevice } from '@rheo/core';
import type { Backend, DeviceTensor } from '@rheo/ir';
import { batchBuffers } from './batch-buffers.ts';
import { deviceLoop } from './device-loop.ts';
import type { Measurement, MetricValues } from './metrics/measurement.ts';
import type { Objective } from './objective.ts';
import { evaluationProgram } from './programs.ts';
import type { OutputForm, PreparedData } from './training-data.ts';

/** What evaluation gives. */
export interface Evaluation {
  /** What training minimises: mean loss of the items that count, and the penalty. */
  readonly loss: number;
  /** Mean loss of the items that count alone. */
  readonly dataLoss: number;
  /** L2 penalty; 0 without one. */
  readonly penalty: number;
  /** Weight of the items that count: time steps, or sequences where the model has one output for each. */
  readonly items: number;
  /** By the names of the metrics asked for; absent where there are none. */
  readonly metrics?: MetricValues;
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
  options: {
    readonly backend: Backend;
    readonly batchSize: number;
    readonly form: OutputForm;
    readonly measured?: Measurement | undefined;
  },
): Promise<Evaluator> {
  const { backend, batchSize, form, measured } = options;
  const batch = batchBuffers(data, batchSize, form.perStep);
  const program = evaluationProgram(objective, batch.types, measured !== undefined);
  const executable = await watchDevice(backend).wait(compile(backend, program));
  const width = (form.perStep ? data.steps : 1) * form.outputs;
  const sizes = [1, 1, 1, ...(measured === undefined ? [] : [batch.rows * width])];
  const order = Int32Array.from({ length: data.count }, (_, row) => row);
  return {
    run: async (parameters) => {
      const loop = deviceLoop({ backend, executable, state: [], fixed: parameters, buffers: batch.buffers, sizes });
      const outputs = new Float32Array(measured?.size ?? 0);
      let sum = 0;
      let items = 0;
      let penalty = 0;
      let read = 0;
      const gather = async (): Promise<void> => {
        for (const [batchSum, weight, batchPenalty, found] of await loop.drain()) {
          sum += batchSum?.[0] ?? 0;
          items += weight?.[0] ?? 0;
          penalty = batchPenalty?.[0] ?? 0;
          for (let at = 0; at < (found?.length ?? 0) && read < outputs.length; at++) outputs[read++] = found?.[at] ?? 0;
        }
      };
      try {
        for (let from = 0; from < data.count; from += batch.rows) {
          const filled = batch.fill(order, from);
          // Waiting for what is there already would cost a turn for each step.
          if (typeof filled !== 'number') await filled;
          loop.step();
          // What is kept on the device does not grow with the data.
          if (outputs.length > 0) await gather();
        }
        await gather();
      } finally {
        loop.dispose();
      }
      const dataLoss = items > 0 ? sum / items : 0;
      const found = { loss: dataLoss + penalty, dataLoss, penalty, items };
      // Of numbers that are not finite, whoever asked says so.
      if (measured === undefined || !Number.isFinite(found.loss)) return found;
      return { ...found, metrics: measured.of(outputs) };
    },
    dispose: () => executable.dispose(),
  };
}
