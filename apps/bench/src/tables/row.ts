/**
 * Rows of a table of ours: several models of one size on our WebAssembly backend, timed side by side, in both modes.
 *
 * Every model starts from seeded parameters of its own and gets the same inputs. Before anything is timed its outputs,
 * or losses, must be finite numbers, which also shows that an adaptive solver finished every row.
 */
import { wasm as openWasm } from '@rheo/backend-wasm';
import { flattenTree } from '@rheo/core';
import type { Layer } from '@rheo/layers';
import { initialise } from '@rheo/layers';
import { type PreparedModel, prepareInfer, prepareTrain, type Work } from '../backends/prepare-model.ts';
import { type Effort, interleave } from '../interleave.ts';
import { generator } from '../problem.ts';

export type RowMode = 'infer' | 'train';

/** What every model of a comparison shares. */
export interface Size {
  readonly units: number;
  readonly batch: number;
  readonly steps: number;
  readonly features: number;
}

/** A model under a name; it may solve its equation otherwise where no gradient is wanted. */
export interface Candidate {
  readonly name: string;
  model(mode: RowMode): Layer;
}

/** A figure of the table. */
export interface Row {
  readonly name: string;
  readonly mode: RowMode;
  readonly parameters: number;
  /** Median µs per time step. */
  readonly usPerStep: number;
  readonly workspaceBytes: number;
  readonly compileMs: number;
  readonly runs: number;
  /** What was checked: outputs, or the losses of the first training steps. */
  readonly values: Float32Array;
}

function workOf(model: Layer, { batch, steps, features }: Size): Work {
  const random = generator(1);
  const parameters = flattenTree(initialise(model, { features, seed: 1 })).leaves;
  const x = Float32Array.from({ length: steps * batch * features }, () => 2 * random() - 1);
  const elapsed = Float32Array.from({ length: steps * batch }, () => 0.5 + random());
  return { model, weights: parameters.map(({ data }) => data as Float32Array), steps, batch, features, x, elapsed };
}

/** Times all candidates of one size in one mode. Throws where a model gives anything but finite numbers. */
export async function timeRows(
  candidates: readonly Candidate[],
  size: Size,
  mode: RowMode,
  effort: Effort,
): Promise<readonly Row[]> {
  const entries: {
    readonly candidate: Candidate;
    readonly prepared: PreparedModel;
    readonly values: Float32Array;
    readonly parameters: number;
  }[] = [];
  try {
    for (const candidate of candidates) {
      const work = workOf(candidate.model(mode), size);
      const prepared = await (mode === 'infer' ? prepareInfer : prepareTrain)(await openWasm(), work);
      const values = await prepared.check();
      const parameters = work.weights.reduce((sum, { length }) => sum + length, 0);
      entries.push({ candidate, prepared, values, parameters });
      if (!values.every(Number.isFinite)) {
        throw new Error(`bench: ${candidate.name} (${mode}) gave numbers that are not finite`);
      }
    }
    const timings = await interleave(
      entries.map(({ prepared }) => prepared),
      effort,
    );
    return entries.map(({ candidate, prepared, values, parameters }, index) => {
      const { usPerRun = Number.NaN, runs = 0 } = timings[index] ?? {};
      const { workspaceBytes, compileMs } = prepared;
      const usPerStep = usPerRun / size.steps;
      return { name: candidate.name, mode, parameters, usPerStep, workspaceBytes, compileMs, runs, values };
    });
  } finally {
    for (const { prepared } of entries) await prepared.dispose();
  }
}
