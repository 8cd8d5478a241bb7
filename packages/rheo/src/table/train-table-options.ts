/** The options of `trainTable`: those of the preparation and those of training, each with a default. */

import type { Backend } from '@rheo/core';
import { RheoError } from '@rheo/core';
import type { PreparedTable, PrepareOptions } from '@rheo/data';
import type { Layer } from '@rheo/layers';
import { cfc, linear, sequential } from '@rheo/layers';
import type { TrainOptions } from '@rheo/train';
import { adam, cosine, crossEntropy, meanSquaredError, usualBatchSize, usualEpochs } from '@rheo/train';

/** What a model of a table must give. */
export interface TableModelForm {
  /** Numbers: one per target, or one per class. */
  readonly outputs: number;
  /** False: one output for a whole sequence, at its end. */
  readonly returnSequences: boolean;
}

/** Options of training that the table does not give. */
type TrainingOptions = Partial<Omit<TrainOptions, 'data' | 'validation' | 'backend'>>;

/** See `trainTable`; only the task and the backend are needed. */
export interface TrainTableOptions extends PrepareOptions, TrainingOptions {
  readonly backend: Backend;
  /** Makes the model; a CfC of 64 units and a linear layer unless given. */
  model?(form: TableModelForm): Layer;
}

/** Whose each option is. */
const owners: { readonly [option in keyof TrainTableOptions]-?: 'preparation' | 'training' | 'table' } = {
  task: 'preparation',
  time: 'preparation',
  group: 'preparation',
  features: 'preparation',
  target: 'preparation',
  at: 'preparation',
  window: 'preparation',
  horizon: 'preparation',
  missing: 'preparation',
  unknownCategory: 'preparation',
  normalise: 'preparation',
  timeScale: 'preparation',
  calendar: 'preparation',
  split: 'preparation',
  model: 'table',
  backend: 'training',
  loss: 'training',
  optimizer: 'training',
  penalty: 'training',
  epochs: 'training',
  batchSize: 'training',
  accumulate: 'training',
  truncate: 'training',
  metrics: 'training',
  metricsOn: 'training',
  seed: 'training',
  patience: 'training',
  keep: 'training',
  shuffle: 'training',
  parameters: 'training',
  resume: 'training',
  readEvery: 'training',
  onStep: 'training',
  onEpoch: 'training',
  signal: 'training',
};

/** Options of the preparation, and those of training that were given. Throws `argument` for an unknown one. */
export function splitOptions(options: TrainTableOptions): {
  readonly preparation: PrepareOptions;
  readonly training: TrainingOptions & { readonly backend: Backend };
} {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  const odd = entries.find(([name]) => !Object.hasOwn(owners, name));
  if (odd !== undefined) {
    const what = `trainTable: no option ${JSON.stringify(odd[0].slice(0, 80))}`;
    const remedy = `There are ${Object.keys(owners).join(', ')}`;
    throw new RheoError('argument', { from: 'rheo', what, where: odd[0], remedy });
  }
  const of = (owner: string) => Object.fromEntries(entries.filter(([name]) => owners[name as never] === owner));
  return { preparation: of('preparation') as never, training: of('training') as never };
}

/** Model and options of the training of a prepared table. */
export function trainingOf(
  { preparation, train, validation }: PreparedTable,
  given: TrainingOptions & { readonly backend: Backend },
  makeModel: (form: TableModelForm) => Layer = usualModel,
): { readonly model: Layer; readonly options: TrainOptions } {
  const outputs = preparation.classes?.length ?? preparation.targets.length;
  const model = makeModel({ outputs, returnSequences: preparation.at === 'step' });
  const batchSize = given.batchSize ?? usualBatchSize(train.count);
  const stepsPerEpoch = Math.ceil(train.count / (batchSize * (given.accumulate ?? 1)));
  const epochs = given.epochs ?? usualEpochs(stepsPerEpoch);
  const options: TrainOptions = {
    loss: preparation.classes === null ? meanSquaredError : crossEntropy,
    optimizer: adam({ learningRate: 0.005, clipGlobalNorm: 1, decay: cosine({ epochs, final: 0.01 }) }),
    ...(validation === undefined ? {} : { patience: 10, keep: 'best' }),
    ...given,
    data: train,
    validation,
    epochs,
    batchSize,
  };
  return { model, options };
}

function usualModel({ outputs, returnSequences }: TableModelForm): Layer {
  return sequential([cfc({ units: 64, backboneUnits: 128, returnSequences }), linear(outputs)]);
}
