/** Training data in plain arrays, all of it checked at once. */

import { checkSequences } from '@rheo/data';
import type { TensorData } from '@rheo/ir';
import { Digest, formatShape, RheoError } from '@rheo/ir';
import type { OutputForm, PreparedData, TargetsForm, TrainingData } from './training-data.ts';
import { wrongTargets } from './training-data.ts';

/** See `prepareData`. */
export function arrayData(data: TrainingData, form: OutputForm, formed: TargetsForm, where: string): PreparedData {
  const { count, steps, features, targetFeatures, values, targets } = data;
  if (!ArrayBuffer.isView(targets) || !Number.isSafeInteger(targetFeatures) || targetFeatures < 1) {
    const missing = ArrayBuffer.isView(targets) ? 'targetFeatures' : 'targets';
    throw new RheoError('argument', {
      from: '@rheo/train',
      what: `${missing} of ${where} is ${missing === 'targets' ? 'no typed array' : targetFeatures}`,
      where: missing,
      remedy:
        'Pass targets as a Float32Array or Int32Array, with targetFeatures numbers for each output (1 for labels)',
    });
  }
  // Targets take other forms here than there, so the inputs stand in for them.
  const { dt = new Float32Array(Math.max(0, count * steps) || 0), targets: _, weights, ...rest } = data;
  checkSequences({ ...rest, dt, targets: values, targetFeatures: features }, where);

  const items = form.perStep ? count * steps : count;
  if (targets.length !== items * targetFeatures) {
    const wanted = form.perStep ? [count, steps, targetFeatures] : [count, targetFeatures];
    const what = `the targets of ${where} have ${targets.length} numbers where ${formatShape(wanted)} is needed`;
    throw wrongTargets(what, form.perStep);
  }
  const wrong = targets.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new RheoError('value', {
      from: '@rheo/train',
      what: `target ${targets[wrong]} of sequence ${Math.floor(wrong / (targets.length / count))} is not finite`,
      where: `${where}: targets[${wrong}]`,
      remedy: 'Drop or fill missing targets; mask padded steps with finite numbers',
    });
  }
  if (weights !== undefined) checkWeights(weights, data, form, where);
  const prepared = formed(targets, targetFeatures);
  const mask = data.mask ?? maskFromLengths(data);
  const parts = { values, dt: data.dt, targets: prepared.data, mask, weights };
  return {
    count,
    steps,
    features,
    timed: data.dt !== undefined,
    masked: mask !== undefined,
    weighted: weights === undefined ? undefined : weights.length === count ? 'sequences' : 'steps',
    targets: prepared,
    gather: (indices, into) => {
      for (const name of ['values', 'dt', 'targets', 'mask', 'weights'] as const) {
        const from = parts[name];
        const to = into[name];
        if (from === undefined || to === undefined) continue;
        const width = from.length / count;
        indices.forEach((n, row) => {
          to.set(from.subarray(n * width, (n + 1) * width), row * width);
        });
      }
    },
    mark: () => {
      const digest = new Digest();
      for (const size of [count, steps, features, ...prepared.itemShape]) digest.number(size);
      digest.text(prepared.dtype);
      // Data without weights keep the mark that they had before there were any.
      for (const part of [values, data.dt, mask, prepared.data, ...(weights === undefined ? [] : [weights])]) {
        digest.word(part?.length ?? -1);
        for (const word of part === undefined ? [] : wordsOf(part)) digest.word(word);
      }
      return { count, fingerprint: digest.hex() };
    },
  };
}

function checkWeights(weights: Float32Array, data: TrainingData, { perStep }: OutputForm, where: string): void {
  const { count, steps } = data;
  const wrong = (code: 'shape' | 'value', what: string, remedy: string): RheoError =>
    new RheoError(code, { from: '@rheo/train', what: `the weights of ${where}: ${what}`, where: 'weights', remedy });
  const forms = perStep
    ? `${count}, one per sequence, or ${count * steps}, one per step`
    : `${count}, one per sequence`;
  const fits = weights.length === count || (perStep && weights.length === count * steps);
  if (!(weights instanceof Float32Array) || !fits) {
    const found = ArrayBuffer.isView(weights) ? `${weights.length} numbers` : 'no typed array';
    throw wrong('shape', found, `Pass a Float32Array of ${forms}`);
  }
  const at = weights.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (at >= 0) throw wrong('value', `weight ${weights[at]} at ${at}`, 'Use finite numbers of at least 0');
  if (!weights.some((weight) => weight > 0)) throw wrong('value', 'all are 0', 'Let some sequences count');
}

function maskFromLengths({ lengths, count, steps }: TrainingData): Uint8Array | undefined {
  if (lengths === undefined) return undefined;
  const mask = new Uint8Array(count * steps);
  for (let row = 0; row < count; row++) mask.fill(1, row * steps, row * steps + (lengths[row] ?? 0));
  return mask;
}

/** Bits of numbers of 32 bits, bytes as they are. */
function wordsOf(data: TensorData): Iterable<number> {
  if (data instanceof Uint8Array) return data;
  return new Int32Array(data.buffer, data.byteOffset, data.byteLength / Int32Array.BYTES_PER_ELEMENT);
}
