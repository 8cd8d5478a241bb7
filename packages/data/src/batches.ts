/**
 * Cuts sequences into batches, in order or shuffled by a seed and the epoch.
 *
 * Promises: the same data, options and epoch give the same batches everywhere; each sequence occurs once per epoch
 * (but for a dropped last batch); the last, smaller batch is kept unless `dropLast`, as Keras does. Checks sizes, not
 * values: call `checkSequences` once before an epoch loop, not in it.
 */
import { DataError } from './data-error.ts';
import { RandomState } from './random-state.ts';
import type { SequenceData } from './sequence-data.ts';

/** How to cut. */
export interface BatchOptions {
  /** Sequences per batch. */
  readonly batchSize: number;
  /** Seed of the order (a whole number from 0 to 2^32 - 1), or false for the order of the data. */
  readonly shuffle: number | false;
  /** Number of the epoch; each has its own order. Default 0. */
  readonly epoch?: number;
  /** Leaves out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  /** `batch-major` (default): [B, T, …]; `time-major`: [T, B, …], as scans want it. */
  readonly layout?: 'batch-major' | 'time-major';
  /** Writes every batch into the same buffers: a batch is then valid only until the next one. Default false. */
  readonly reuse?: boolean;
}

/** One batch; shapes as the layout says. */
export interface Batch {
  /** [B, T, F] or [T, B, F]. */
  readonly values: Float32Array;
  /** [B, T] or [T, B]. */
  readonly dt: Float32Array;
  /** [B, T, targetFeatures] or [T, B, targetFeatures]. */
  readonly targets: Float32Array;
  /** [B, T] or [T, B], present when the data has a mask or lengths. */
  readonly mask?: Uint8Array;
  /** Which sequence of the data each row is, [B]. */
  readonly index: Int32Array;
  /** B. */
  readonly size: number;
}

/** Number of batches of an epoch. */
export function batchCount(count: number, batchSize: number, dropLast = false): number {
  return dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
}

/**
 * The order of an epoch: the numbers 0 to count - 1, shuffled by seed and epoch, or ascending for `false`.
 * Errors: `argument`.
 */
export function epochOrder(count: number, shuffle: number | false, epoch = 0): Int32Array {
  if (!Number.isSafeInteger(epoch) || epoch < 0) {
    throw new DataError('argument', `epoch ${epoch}`, { remedy: 'Count epochs from 0 in whole numbers.' });
  }
  if (shuffle === false) return Int32Array.from({ length: count }, (_, i) => i);
  // Checked as given, before the mixing would hide a bad seed.
  new RandomState(shuffle);
  return new RandomState(mix(shuffle, epoch)).permutation(count);
}

/**
 * The batches of one epoch.
 * Errors: `argument` for sizes and seeds, `value` when there is no batch to give, `shape`.
 */
export function batches(data: SequenceData, options: BatchOptions): Generator<Batch, void, undefined> {
  const { batchSize, dropLast = false } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new DataError('argument', `batchSize ${batchSize}`, { remedy: 'Use a whole number of at least 1.' });
  }
  const sizes = sequenceSizes(data);
  if (batchCount(data.count, batchSize, dropLast) === 0) {
    throw new DataError('value', `${data.count} sequences make no batch of ${batchSize}`, {
      remedy: 'Use a smaller batchSize, or keep the last batch.',
    });
  }
  // Checked here and not in the generator, so that a wrong option fails at the call.
  const order = epochOrder(data.count, options.shuffle, options.epoch);
  return cut(data, sizes, order, options);
}

interface Sizes {
  readonly values: number;
  readonly targets: number;
}

function sequenceSizes({
  values,
  dt,
  targets,
  mask,
  lengths,
  count,
  steps,
  features,
  targetFeatures,
}: SequenceData): Sizes {
  const cells = count * steps;
  const wrong = Object.entries({
    values: [values.length, cells * features],
    dt: [dt.length, cells],
    targets: [targets.length, cells * targetFeatures],
    mask: [mask?.length ?? cells, cells],
    lengths: [lengths?.length ?? count, count],
  }).find(([, [found, expected]]) => found !== expected);
  if (wrong !== undefined) {
    const [tensor, [found, expected]] = wrong;
    throw new DataError('shape', `${found} elements where ${expected} are needed`, {
      tensor,
      remedy: 'Call checkSequences on the data to see the expected shapes.',
    });
  }
  return { values: features, targets: targetFeatures };
}

function* cut(
  data: SequenceData,
  sizes: Sizes,
  order: Int32Array,
  { batchSize, dropLast = false, layout = 'batch-major', reuse = false }: BatchOptions,
): Generator<Batch, void, undefined> {
  const { steps } = data;
  const mask = data.mask ?? maskFromLengths(data);
  const float = bufferSource(Float32Array, reuse);
  const bytes = bufferSource(Uint8Array, reuse);
  const timeMajor = layout === 'time-major';
  for (let b = 0; b < batchCount(data.count, batchSize, dropLast); b++) {
    const index = order.slice(b * batchSize, (b + 1) * batchSize);
    const size = index.length;
    const cells = Math.min(batchSize, data.count) * steps;
    const copy = <A extends Float32Array | Uint8Array>(from: A, to: A, width: number): A => {
      gather(from, to, index, steps, width, timeMajor);
      return to;
    };
    const used = size * steps;
    yield {
      values: copy(data.values, float('values', cells * sizes.values, used * sizes.values), sizes.values),
      dt: copy(data.dt, float('dt', cells, used), 1),
      targets: copy(data.targets, float('targets', cells * sizes.targets, used * sizes.targets), sizes.targets),
      ...(mask === undefined ? {} : { mask: copy(mask, bytes('mask', cells, used), 1) }),
      index,
      size,
    };
  }
}

/** Gives fresh arrays, or the front part of one kept array per name. */
function bufferSource<A extends Float32Array | Uint8Array>(
  make: new (length: number) => A,
  reuse: boolean,
): (name: string, capacity: number, used: number) => A {
  const kept = new Map<string, A>();
  return (name, capacity, used) => {
    if (!reuse) return new make(used);
    const buffer = kept.get(name) ?? new make(capacity);
    kept.set(name, buffer);
    return buffer.subarray(0, used) as A;
  };
}

/** Copies the sequences `index` of [N, T, width] to [B, T, width] or [T, B, width]. */
function gather(
  from: Float32Array | Uint8Array,
  to: Float32Array | Uint8Array,
  index: Int32Array,
  steps: number,
  width: number,
  timeMajor: boolean,
): void {
  const row = steps * width;
  for (let b = 0; b < index.length; b++) {
    const start = (index[b] ?? 0) * row;
    if (!timeMajor) {
      to.set(from.subarray(start, start + row), b * row);
      continue;
    }
    for (let t = 0; t < steps; t++) {
      const source = start + t * width;
      const target = (t * index.length + b) * width;
      // A loop, as a view per step costs more than the few numbers it copies.
      for (let f = 0; f < width; f++) to[target + f] = from[source + f] ?? 0;
    }
  }
}

function maskFromLengths({ lengths, count, steps }: SequenceData): Uint8Array | undefined {
  if (lengths === undefined) return undefined;
  const mask = new Uint8Array(count * steps);
  for (let row = 0; row < count; row++) mask.fill(1, row * steps, row * steps + (lengths[row] ?? 0));
  return mask;
}

/** One well mixed 32-bit seed from two numbers (the finaliser of MurmurHash3), so that neighbouring epochs differ. */
function mix(seed: number, epoch: number): number {
  let h = (seed ^ Math.imul(epoch + 1, 0x9e3779b1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
