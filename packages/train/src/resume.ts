/**
 * Whether a training may go on from a state. It may where everything that decides the next step is as it was, so that the
 * numbers are those of a training that was never stopped; otherwise the difference is named.
 *
 * The backend, the validation data, metrics, how often losses are read and what is told of them may change, and `epochs` may
 * grow.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { BuiltLayer, Json } from '@rheo/layers';
import { matchParameters } from '@rheo/layers';
import { bestEpoch } from './best-epoch.ts';
import type { TrainNumbers } from './train-options.ts';
import type { OptimizerSlots, TrainingState } from './training-state.ts';

/** What must agree, by the name under which `train` takes it. */
const settings: { readonly [name: string]: (state: TrainingState) => unknown } = {
  model: ({ model }) => model,
  'data.features': ({ features }) => features,
  data: ({ data }) => data,
  loss: ({ training: { loss, lossConfig } }) => ({ name: loss, ...lossConfig }),
  optimizer: ({ training: { optimizer } }) => ({ name: optimizer.name, ...(optimizer.config as object) }),
  penalty: ({ training: { penalty } }) => penalty,
  batchSize: ({ training: { batchSize } }) => batchSize,
  accumulate: ({ training: { accumulate = 1 } }) => accumulate,
  truncate: ({ training: { truncate = null } }) => truncate,
  seed: ({ training: { seed } }) => seed,
  shuffle: ({ shuffle }) => shuffle,
};

const remedy =
  'Pass the options of the interrupted training, or begin a new one with its parameters: { parameters: state.parameters }';

/** What a training with the options given would be. */
export interface PlannedTraining {
  /** Its state before the first step. */
  readonly start: TrainingState;
  readonly built: BuiltLayer;
  readonly numbers: TrainNumbers;
  readonly stepsPerEpoch: number;
}

/** The state, its parameters in the order of the model. Throws `argument` naming the first difference. */
export function resumedState(
  state: TrainingState,
  { start, built, numbers, stepsPerEpoch }: PlannedTraining,
): TrainingState {
  if (!isState(state)) {
    const how =
      'Pass fitted.state, the state of an epoch report or of a TrainingStopped, or fromTrainingCheckpoint(bytes)';
    throw misfit('resume is no training state', how);
  }
  for (const [name, read] of Object.entries(settings)) {
    const difference = firstDifference(read(state), read(start), name);
    if (difference !== undefined) throw misfit(difference, remedy);
  }
  const parameters = matchParameters(built, state.parameters);
  checkSlots(state.slots, Object.keys(start.slots), parameters);
  const { training, underWay } = state;
  const done = training.history.length;
  const ordered = training.history.every(({ epoch }, index) => epoch === index + 1);
  if (!ordered || underWay.steps >= stepsPerEpoch || training.steps !== done * stepsPerEpoch + underWay.steps) {
    const told = `${training.steps} steps, ${done} epochs of ${stepsPerEpoch} and ${underWay.steps} steps of the next`;
    throw misfit(`the state contradicts itself: ${told}`, 'Use a state as train gave it');
  }
  const { epochs } = numbers;
  const begun = done + (underWay.steps > 0 ? 1 : 0);
  if (begun > epochs) {
    throw misfit(
      `epochs is ${epochs}, the state is in epoch ${begun}`,
      `epochs counts from the start of the training: pass at least ${begun}`,
    );
  }
  const { steps, history } = training;
  return {
    ...start,
    parameters,
    slots: state.slots,
    training: { ...start.training, steps, history },
    underWay,
    best: bestOf(state, numbers, built),
  };
}

/** The best parameters so far, where they are asked for. */
function bestOf({ training, best }: TrainingState, numbers: TrainNumbers, built: BuiltLayer): TrainingState['best'] {
  const { history } = training;
  const { keep, patience } = numbers;
  if (keep === 'last' && patience === undefined) return undefined;
  const unmeasured = history.find(({ validationLoss }) => validationLoss === undefined);
  if (unmeasured !== undefined) {
    const how = 'Leave out patience and keep, or begin a new training with its parameters';
    throw misfit(`epoch ${unmeasured.epoch} of the state has no validation loss to compare with`, how);
  }
  if (keep === 'last' || history.length === 0) return undefined;
  if (best === undefined || best.epoch !== bestEpoch(history)) {
    throw misfit('the state has no parameters of its best epoch', "It must come from a training with keep: 'best'");
  }
  return { epoch: best.epoch, parameters: matchParameters(built, best.parameters) };
}

function checkSlots(slots: OptimizerSlots, names: readonly string[], parameters: Tree<Parameter>): void {
  const foreign = Object.keys(slots).find((slot) => !names.includes(slot));
  if (foreign !== undefined) throw misfit(`the optimizer has no slot ${foreign}, the state has`, remedy);
  const { leaves, paths } = flattenTree(parameters);
  for (const slot of names) {
    leaves.forEach(({ trainable, data: { length } }, index) => {
      const path = paths[index] ?? '';
      const found = slots[slot]?.[path]?.length;
      if (!trainable || found === length) return;
      throw misfit(`slot ${slot} of ${path} has ${found ?? 'no'} numbers in the state, not ${length}`, remedy);
    });
  }
}

function isState(state: TrainingState): boolean {
  const parts = [state, state?.slots, state?.training, state?.data, state?.underWay, state?.parameters];
  return parts.every((part) => typeof part === 'object' && part !== null) && Array.isArray(state.training.history);
}

/** Where two pieces of plain data differ first, in words. */
function firstDifference(theirs: unknown, ours: unknown, name: string): string | undefined {
  if (isBranch(theirs) && isBranch(ours)) {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      const found = firstDifference(theirs[key], ours[key], `${name}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (theirs === ours) return undefined;
  return `${name} is ${shown(ours)}, that of the state ${shown(theirs)}`;
}

function isBranch(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 80);
}

function misfit(what: string, how: string): RheoError {
  return new RheoError('argument', { from: '@rheo/train', what: `train: ${what}`, where: 'resume', remedy: how });
}
