/**
 * Sequences of like length together, each bucket padded no further than its longest: a batch of short sequences then
 * costs what short sequences cost.
 */
import { DataError } from './data-error.ts';
import { checkSequences, type SequenceData } from './sequence-data.ts';

/** Sequences of a bucket, and which of the data they are. */
export interface LengthBucket {
  readonly data: SequenceData;
  /** Index in the data that was divided, [N of the bucket]. */
  readonly index: Int32Array;
}

/**
 * Divides sequences by length into at most `count` buckets of about equal size, shortest first. Sequences without
 * `lengths` have one length, the data's. Errors: `argument`, and those of `checkSequences`; `value` for an empty sequence.
 */
export function bucketByLength(data: SequenceData, count: number): LengthBucket[] {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new DataError('argument', `${count} buckets`, { remedy: 'Use a whole number of at least 1.' });
  }
  if (data.mask !== undefined && data.lengths === undefined) {
    const remedy = 'Give the number of real steps at the front of each sequence as lengths.';
    throw new DataError('argument', 'a mask without lengths says nothing of padding', { tensor: 'mask', remedy });
  }
  checkSequences(data);
  const lengthOf = (n: number): number => data.lengths?.[n] ?? data.steps;
  const order = Array.from({ length: data.count }, (_, n) => n).sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  const shortest = order[0] ?? 0;
  if (lengthOf(shortest) === 0) {
    throw new DataError('value', 'the sequence has no step', { row: shortest, remedy: 'Leave empty sequences out.' });
  }
  const buckets: LengthBucket[] = [];
  for (let b = 0; b < count; b++) {
    const part = order.slice(Math.round((b * order.length) / count), Math.round(((b + 1) * order.length) / count));
    if (part.length > 0) buckets.push(cutBucket(data, Int32Array.from(part.sort((a, c) => a - c)), lengthOf));
  }
  return buckets;
}

function cutBucket(data: SequenceData, index: Int32Array, lengthOf: (n: number) => number): LengthBucket {
  const steps = index.reduce((most, n) => Math.max(most, lengthOf(n)), 0);
  const pick = (from: Float32Array, width: number): Float32Array => {
    const to = new Float32Array(index.length * steps * width);
    index.forEach((n, row) => {
      const start = n * data.steps * width;
      to.set(from.subarray(start, start + steps * width), row * steps * width);
    });
    return to;
  };
  const lengths = index.map(lengthOf);
  const bucket: SequenceData = {
    values: pick(data.values, data.features),
    dt: pick(data.dt, 1),
    targets: pick(data.targets, data.targetFeatures),
    ...(lengths.every((length) => length === steps) ? {} : { lengths }),
    count: index.length,
    steps,
    features: data.features,
    targetFeatures: data.targetFeatures,
  };
  return { data: bucket, index };
}
