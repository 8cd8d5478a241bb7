/**
 * Training data from a source: every batch is gathered when it is needed, checked, and its targets brought into the form of
 * the loss. Nothing of the data is held but the targets of one batch.
 */

import type { SequenceSource } from '@rheo/data';
import { Digest, RheoError } from '@rheo/ir';
import type { HostBatch, OutputForm, PreparedData, TargetsForm } from './training-data.ts';
import { wrongTargets } from './training-data.ts';

/** See `prepareData`. */
export function sourceData(source: SequenceSource, form: OutputForm, formed: TargetsForm, where: string): PreparedData {
  const { count, steps, features, targetFeatures, at, padded } = source;
  for (const [name, size] of Object.entries({ count, steps, features, targetFeatures })) {
    if (Number.isSafeInteger(size) && size > 0) continue;
    throw new RheoError('value', {
      from: '@rheo/train',
      what: `${name} of ${where} is ${size}`,
      where: name,
      remedy: 'Pass a source with at least one sequence with one step, one feature and one target',
    });
  }
  if ((at === 'step') !== form.perStep) {
    const found = at === 'step' ? 'a target per step' : 'one target per sequence';
    throw wrongTargets(
      `${where} has ${found}, the model ${form.perStep ? 'an output per step' : 'one output'}`,
      form.perStep,
    );
  }
  const items = at === 'step' ? steps : 1;
  const { dtype, itemShape } = formed(new Float32Array(targetFeatures), targetFeatures);
  const finish = (indices: Int32Array, into: HostBatch, raw: Float32Array): void => {
    checkFinite(into.values, indices, 'values', where);
    if (into.dt !== undefined) checkFinite(into.dt, indices, 'dt', where);
    checkFinite(raw, indices, 'targets', where);
    into.targets.set(formed(raw, targetFeatures).data);
  };
  return {
    count,
    steps,
    features,
    timed: true,
    masked: padded,
    weighted: undefined,
    targets: { dtype, itemShape },
    gather: (indices, into) => {
      const raw = new Float32Array(indices.length * items * targetFeatures);
      const { values, dt = new Float32Array(indices.length * steps), mask } = into;
      const fetched = source.gather(indices, { values, dt, targets: raw, ...(mask === undefined ? {} : { mask }) });
      return fetched === undefined ? finish(indices, into, raw) : fetched.then(() => finish(indices, into, raw));
    },
    mark: async () => {
      const digest = new Digest();
      for (const size of [count, steps, features, ...itemShape]) digest.number(size);
      digest.text(dtype);
      for await (const part of source.contents()) {
        for (const word of new Int32Array(part.buffer, part.byteOffset, part.length)) digest.word(word);
      }
      return { count, fingerprint: digest.hex() };
    },
  };
}

function checkFinite(numbers: Float32Array, indices: Int32Array, tensor: string, where: string): void {
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] ?? 0;
    // Elapsed times must not run backwards either.
    if (Number.isFinite(number) && (tensor !== 'dt' || number >= 0)) continue;
    const sequence = indices[Math.floor(i / (numbers.length / indices.length))];
    throw new RheoError('value', {
      from: '@rheo/train',
      what: `${tensor} of sequence ${sequence} has ${number}`,
      where,
      remedy: 'Let the source give finite numbers, and elapsed times of zero or more',
    });
  }
}
