/**
 * The Walker2d data set of Lechner and Hasani (2020) as the CfC paper uses it: predict the next row of a walking
 * robot's 17 joint values, rows dropped at random so that time runs irregularly.
 *
 * Follows the authors' recipe draw for draw (split, thinning, windows), with NumPy's legacy generator: the 400 files
 * give the authors' arrays exactly. Fewer files are split by the same ratios, at least one file to each part.
 */
import { DataError } from './data-error.ts';
import { RandomState } from './random-state.ts';
import { type Npy, readNpy } from './read-npy.ts';
import { type ReadZipOptions, readZip } from './read-zip.ts';
import { checkSequences, type SequenceData } from './sequence-data.ts';

/** One rollout: its file name and its rows, [T, F] float64 or float32. */
export interface Walker2dFile {
  readonly name: string;
  readonly data: Npy;
}

/** The recipe's numbers; the defaults are the paper's. */
export interface Walker2dOptions {
  /** Steps of a window; default 64. */
  readonly steps?: number;
  /** Kept rows from the start of one window to the next; default a quarter of `steps`. */
  readonly stride?: number;
}

/** The three parts of the data set, windows as sequences. */
export interface Walker2d {
  readonly train: SequenceData;
  readonly validation: SequenceData;
  readonly test: SequenceData;
}

const splitSeed = 125487;
const thinningSeed = 891374;
const keep = 0.9;

/**
 * Splits, thins and cuts rollouts into windows. `dt` counts rows since the last kept one, so it is a whole number of
 * at least 1; the target is the true next row; nothing is normalised.
 * Errors: `value` for fewer than three files or a part without a window; `dtype`, `shape` and `value`
 * (not finite) naming the file.
 */
export function loadWalker2d(files: readonly Walker2dFile[], options: Walker2dOptions = {}): Walker2d {
  const { steps = 64, stride = Math.max(1, Math.floor(steps / 4)) } = options;
  for (const [name, value] of Object.entries({ steps, stride })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new DataError('argument', `${name} is ${value}`, { remedy: 'Use a whole number of at least 1.' });
    }
  }
  if (files.length < 3) {
    throw new DataError('value', `${files.length} rollouts cannot be split into train, validation and test`, {
      remedy: 'Pass at least three rollout_NNN.npy files.',
    });
  }
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const features = sorted[0]?.data.shape[1] ?? 0;
  for (const file of sorted) checkRollout(file, features);
  const twice = sorted.find((file, i) => file.name === sorted[i + 1]?.name);
  if (twice !== undefined) {
    throw new DataError('value', 'the rollout occurs twice', { file: twice.name, remedy: 'Pass each file once.' });
  }

  new RandomState(splitSeed).shuffle(sorted);
  const testEnd = Math.max(1, Math.floor(0.15 * sorted.length));
  const validationEnd = Math.max(testEnd + 1, Math.floor(0.25 * sorted.length));
  // One generator runs on through the parts in this order.
  const random = new RandomState(thinningSeed);
  const part = (name: string, from: number, to: number): SequenceData =>
    cutWindows(name, sorted.slice(from, to), features, steps, stride, random);
  const train = part('train', validationEnd, sorted.length);
  const validation = part('validation', testEnd, validationEnd);
  const test = part('test', 0, testEnd);
  return { train, validation, test };
}

/** Reads an archive of rollouts (every `.npy` file in it, whatever the folder) and loads it with {@link loadWalker2d}. */
export function walker2dFromZip(bytes: Uint8Array, options: Walker2dOptions & ReadZipOptions = {}): Walker2d {
  const file = options.file ?? 'Walker2d archive';
  // Archives packed on a Mac carry a shadow file, ._name, beside each file.
  const isRollout = (name: string): boolean => /(^|\/)[^/.][^/]*\.npy$/.test(name) && !name.startsWith('__MACOSX/');
  const entries = readZip(bytes, { ...options, file, filter: isRollout });
  if (entries.length === 0) {
    throw new DataError('value', 'no .npy file in the archive', { file, remedy: 'Pass the Walker2d archive.' });
  }
  return loadWalker2d(
    entries.map(({ name, data }) => ({ name, data: readNpy(data, { file: `${file}/${name}` }) })),
    options,
  );
}

function checkRollout({ name: file, data: { dtype, shape, data } }: Walker2dFile, features: number): void {
  if (dtype !== 'f64' && dtype !== 'f32') {
    const remedy = 'Save the rollout as float64 or float32.';
    throw new DataError('dtype', `a rollout of ${dtype}`, { file, remedy });
  }
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2 || rows < 2 || columns < 1 || columns !== features) {
    const expected = features > 0 && shape.length === 2 ? `[rows, ${features}]` : '[rows, features]';
    const remedy = 'Every rollout needs the same features and at least two rows.';
    throw new DataError('shape', `shape [${shape}] where ${expected} is needed`, {
      file,
      shapes: [`[${shape}]`],
      remedy,
    });
  }
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(Math.fround(Number(data[i])))) continue;
    const place = { file, row: Math.floor(i / columns), feature: i % columns };
    const remedy = 'Leave the rollout out, or repair the row.';
    throw new DataError('value', `${data[i]} is not a finite float32`, { ...place, remedy });
  }
}

function cutWindows(
  part: string,
  files: readonly Walker2dFile[],
  features: number,
  steps: number,
  stride: number,
  random: RandomState,
): SequenceData {
  const windows: { from: Npy['data']; rows: number[]; elapsed: number[] }[] = [];
  for (const { data } of files) {
    const { rows, elapsed } = thin((data.shape[0] ?? 0) - 1, random);
    for (let start = 0; start < rows.length - steps; start += stride) {
      windows.push({
        from: data.data,
        rows: rows.slice(start, start + steps),
        elapsed: elapsed.slice(start, start + steps),
      });
    }
  }
  if (windows.length === 0) {
    throw new DataError('value', `the ${part} part has no window of ${steps} rows`, {
      remedy: 'Pass longer or more rollouts, or ask for fewer steps.',
    });
  }
  const count = windows.length;
  const values = new Float32Array(count * steps * features);
  const targets = new Float32Array(count * steps * features);
  const dt = new Float32Array(count * steps);
  windows.forEach(({ from, rows, elapsed }, w) => {
    dt.set(elapsed, w * steps);
    rows.forEach((row, t) => {
      const to = (w * steps + t) * features;
      for (let f = 0; f < features; f++) {
        values[to + f] = Number(from[row * features + f]);
        targets[to + f] = Number(from[(row + 1) * features + f]);
      }
    });
  });
  const data: SequenceData = { values, dt, targets, count, steps, features, targetFeatures: features };
  checkSequences(data, `Walker2d ${part}`);
  return data;
}

/** Keeps each row with probability 0.9 and counts the rows since the last kept one. */
function thin(length: number, random: RandomState): { rows: number[]; elapsed: number[] } {
  const rows: number[] = [];
  const elapsed: number[] = [];
  let skip = 0;
  for (let row = 0; row < length; row++) {
    skip++;
    if (random.rand() < keep) {
      rows.push(row);
      elapsed.push(skip);
      skip = 0;
    }
  }
  return { rows, elapsed };
}
