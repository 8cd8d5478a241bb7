/**
 * Truncated backpropagation through time (Williams and Peng, Neural Computation 1990): the sequences of a batch are worked
 * through in chunks of steps, one after another, with an update of the parameters after each. The state at the end of a
 * chunk is the start of the next, and no gradient flows back through it. All chunks are one scan of one Program, in the
 * memory of one.
 *
 * The mean of a chunk is over its own items; a last chunk that is not full is filled up with steps that do not count.
 * Schedules count updates; dropout is drawn anew in each chunk.
 */

import type { Tensor, Tree } from '@rheo/core';
import {
  add,
  broadcast,
  concat,
  convert,
  deriveKey,
  full,
  iota,
  mapTree,
  mul,
  reshape,
  scan,
  slice,
  transpose,
  zeros,
} from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { BuiltLayer } from '@rheo/layers';
import { build, stateTypes } from '@rheo/layers';
import type { GradientInputs } from './loss-and-gradient.ts';
import { lossAndGradient } from './loss-and-gradient.ts';
import type { BatchTensors } from './objective.ts';
import { mean } from './objective.ts';
import type { OptimizerInput, OptimizerOutput } from './optimizers/optimizer.ts';

/** What the chunks of a batch are worked through with. */
export interface TruncatedStep extends Omit<GradientInputs, 'trained' | 'state'> {
  /** Steps of a chunk, fewer than the batch has. */
  readonly chunk: number;
  readonly parameters: readonly Tensor[];
  readonly slots: readonly (readonly Tensor[])[];
  /** Index of the batch, u32[]. */
  readonly step: Tensor;
  /** Full batches in an epoch. */
  readonly stepsPerEpoch: number;
  readonly decided: Tensor | undefined;
  update(input: Omit<OptimizerInput, 'roles'>): OptimizerOutput;
}

/** New parameters and slots, and the mean loss of all items, each at the parameters of its chunk, with the penalty. */
export function truncatedStep(given: TruncatedStep): OptimizerOutput & { readonly value: Tensor } {
  const { objective, frozen, batch, stepKey, parts, chunk, step, decided, update } = given;
  const [rows = 0, steps = 0, features = 0] = batch.values.shape as readonly number[];
  const chunks = Math.ceil(steps / chunk);
  const missing = chunks * chunk - steps;
  const stepsPerEpoch = given.stepsPerEpoch * chunks;
  const first = mul(convert(step, 'f32'), chunks);
  const start = mapTree(({ shape, dtype }) => zeros(shape, dtype), stateTypes(build(objective.model, features), rows));

  // Weights of sequences belong to every chunk.
  const entries = Object.entries(missing === 0 ? batch : filledUp(batch, missing));
  const whole = Object.fromEntries(entries.filter(([, { shape }]) => shape.length === 1));
  const cut = Object.fromEntries(
    entries.flatMap(([name, tensor]) => (tensor.shape.length === 1 ? [] : [[name, inChunks(tensor, chunk)]])),
  );
  type Carry = {
    readonly parameters: readonly Tensor[];
    readonly slots: readonly (readonly Tensor[])[];
    readonly state: Tree<Tensor>;
    readonly sum: Tensor;
    readonly weight: Tensor;
  };
  const [end] = scan(
    (
      { parameters, slots, state, sum, weight }: Carry,
      { at, own }: { readonly at: Tensor; readonly own: Tree<Tensor> },
    ) => {
      const piece = { ...(own as BatchTensors), ...whole };
      const key = deriveKey(stepKey, at);
      const found = lossAndGradient({
        objective,
        frozen,
        parts,
        trained: parameters,
        batch: piece,
        stepKey: key,
        state,
      });
      const progress = { step: add(first, convert(at, 'f32')), stepsPerEpoch, decided };
      const next = update({ parameters, gradients: found.gradient, slots, ...progress });
      const sums = { sum: add(sum, mul(found.value, found.weight)), weight: add(weight, found.weight) };
      return [{ ...next, state: found.state, ...sums }, []] as const;
    },
    { parameters: given.parameters, slots: given.slots, state: start, sum: zeros([]), weight: zeros([]) } as Carry,
    { at: iota([chunks], 0, 'u32'), own: cut },
  );
  return { parameters: end.parameters, slots: end.slots, value: mean(end.sum, end.weight) };
}

/** The batch with so many steps more, which repeat the last one and do not count. */
function filledUp(batch: BatchTensors, missing: number): BatchTensors {
  const [rows = 0, steps = 0] = batch.values.shape as readonly number[];
  const { mask = full([rows, steps], 1, 'bool'), ...rest } = batch;
  const more = full([rows, missing], 0, 'bool');
  return {
    ...(mapTree((tensor: Tensor) => repeatLast(tensor, missing), rest) as BatchTensors),
    mask: concat([mask, more], 1),
  };
}

/** Numbers of the data, as zeros may give NaN, whether they count or not. */
function repeatLast(tensor: Tensor, missing: number): Tensor {
  const [rows = 0, steps = 0, ...rest] = tensor.shape as readonly number[];
  if (tensor.shape.length === 1) return tensor;
  const last = reshape(slice(tensor, { axis: 1, start: steps - 1 }), [rows, ...rest]);
  const axes = rest.map((_, axis) => axis + 2);
  return concat([tensor, broadcast(last, [rows, missing, ...rest], [0, ...axes])], 1);
}

/** [rows, steps, …] as [chunks, rows, chunk, …]. */
function inChunks(tensor: Tensor, chunk: number): Tensor {
  const [rows = 0, steps = 0, ...rest] = tensor.shape as readonly number[];
  const split = reshape(tensor, [rows, steps / chunk, chunk, ...rest]);
  return transpose(split, [1, 0, 2, ...rest.map((_, axis) => axis + 3)]);
}

/** Throws `argument` for a model whose sequences cannot be worked through in chunks. */
export function refuseUntruncatable(built: BuiltLayer): void {
  const wrong = (what: string, remedy: string): RheoError =>
    new RheoError('argument', {
      from: '@rheo/train',
      layer: built.path,
      what: `truncate: ${what}`,
      where: 'truncate',
      remedy,
    });
  if (built.form === 'chain') built.parts.forEach(refuseUntruncatable);
  const remedy = 'Leave truncate out for this model';
  if (built.form === 'bidirectional') throw wrong('a bidirectional layer reads sequences from their end', remedy);
  if (built.form !== 'recurrent') return;
  if (built.goBackwards) throw wrong('a layer that goes backwards reads sequences from their end', remedy);
  if (!built.returnSequences) {
    throw wrong('the model has one output at the end of a sequence', `${remedy}, or give it an output per step`);
  }
}
