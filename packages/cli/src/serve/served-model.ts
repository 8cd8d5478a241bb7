/**
 * A model file as the server uses it: one compiled step, how rows go in, how answers come out, and the description that
 * `GET /` gives. The fingerprint of the file ties stored states to it.
 */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Preparation } from '@rheo/data';
import { channelNames, denormalise, labelsOf, readPreparation } from '@rheo/data';
import type { Backend } from '@rheo/ir';
import type { Stepper } from '@rheo/layers';
import { build, stepper } from '@rheo/layers';
import { fromCheckpoint } from '@rheo/train';
import { badFile } from '../failure.ts';
import type { RowReader } from './row-reader.ts';
import { plainRows, preparedRows } from './row-reader.ts';

/** The answer to a row, in the user's terms. */
export type Prediction =
  | { readonly prediction: readonly number[] }
  | { readonly prediction: { readonly [column: string]: number } }
  | { readonly prediction: string; readonly probabilities: { readonly [label: string]: number } };

/** A model ready to serve. */
export interface ServedModel {
  /** SHA-256 of the model file. */
  readonly fingerprint: string;
  readonly step: Stepper;
  readonly rows: RowReader;
  predictionOf(outputs: Float32Array): Prediction;
  /** Plain data for `GET /`. */
  readonly description: object;
  dispose(): void;
}

/** Compiles a model file. Throws `format`, `argument` for a model that cannot run step by step, `capability`. */
export async function serveModel(bytes: Uint8Array, file: string, backend: Backend): Promise<ServedModel> {
  const { model, features, parameters, extra } = fromCheckpoint(bytes, { file });
  const stored = extra['preparation'];
  const preparation = stored === undefined ? undefined : readPreparation(stored, file);
  if (preparation !== undefined) checkWidths(preparation, features, build(model, features).outputs, file);
  const step = await stepper(model, parameters, backend, { features });
  return {
    fingerprint: createHash('sha256').update(bytes).digest('hex'),
    step,
    rows: preparation === undefined ? plainRows(step) : preparedRows(preparation),
    predictionOf: preparation === undefined ? plainPrediction : (outputs) => preparedPrediction(preparation, outputs),
    description: {
      model: basename(file),
      kind: model.kind,
      ...(preparation === undefined ? plainDescription(step) : preparedDescription(preparation)),
    },
    dispose: () => step.dispose(),
  };
}

function checkWidths(preparation: Preparation, features: number, outputs: number, file: string): void {
  const channels = channelNames(preparation).length;
  const wanted = preparation.classes?.length ?? preparation.targets.length;
  if (channels === features && wanted === outputs) return;
  const what = `its preparation gives ${channels} inputs and reads ${wanted} outputs, the model has ${features} and ${outputs}`;
  throw badFile('format', what, file, 'Use a model file as rheo train wrote it');
}

function plainPrediction(outputs: Float32Array): Prediction {
  return { prediction: [...outputs] };
}

function preparedPrediction(preparation: Preparation, outputs: Float32Array): Prediction {
  const { classes, targets } = preparation;
  if (classes === null) {
    const numbers = denormalise(preparation, outputs);
    return {
      prediction: named(
        targets.map(({ column }) => column),
        numbers,
      ),
    };
  }
  const [label = ''] = labelsOf(preparation, outputs);
  return { prediction: label, probabilities: named(classes, softmax(outputs)) };
}

/** Own members whatever the names are, `__proto__` among them. */
function named(names: readonly string[], numbers: ArrayLike<number>): { readonly [name: string]: number } {
  return Object.fromEntries(names.map((name, at) => [name, numbers[at] ?? Number.NaN]));
}

function softmax(outputs: Float32Array): number[] {
  const largest = Math.max(...outputs);
  const powers = Array.from(outputs, (output) => Math.exp(output - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function plainDescription({ features, outputs, needsObserved, hasDefaultElapsed }: Stepper): object {
  return {
    inputs: { values: `${features} numbers${needsObserved ? ', null where not observed' : ''}` },
    time: `time or dt, a number in the unit of the training${hasDefaultElapsed ? '; the default step where absent' : ''}`,
    outputs: { prediction: `${outputs} numbers` },
  };
}

function preparedDescription(preparation: Preparation): object {
  const { task, time, timeScale, features, targets, classes, horizon, window } = preparation;
  return {
    task,
    inputs: features.map((feature) =>
      feature.kind === 'number'
        ? {
            column: feature.column,
            kind: 'number',
            usual: [feature.center - feature.scale, feature.center + feature.scale],
          }
        : { column: feature.column, kind: 'category', labels: feature.labels, other: feature.other },
    ),
    time: time === null ? null : { column: time.column, unit: time.unit, scale: timeScale },
    outputs: classes === null ? targets.map(({ column }) => ({ column })) : { column: targets[0]?.column, classes },
    ...(horizon === null ? {} : { horizon }),
    window: window.steps,
  };
}
