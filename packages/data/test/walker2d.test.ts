import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  loadWalker2d,
  readZip,
  type SequenceData,
  type Walker2d,
  type Walker2dFile,
  walker2dFromZip,
  writeNpy,
  writeZip,
} from '../src/index.ts';
import { dataError } from './data-error.ts';

const sampleUrl = new URL('../../../apps/quickstart/data/walker2d-sample.zip', import.meta.url);
const sample = new Uint8Array(readFileSync(sampleUrl));
const sum = (array: Float32Array): number => array.reduce((a, b) => a + b, 0);

/** Mean squared error of predicting that nothing changes. */
function persistence({ values, targets }: SequenceData): number {
  return values.reduce((a, v, i) => a + (v - (targets[i] ?? 0)) ** 2, 0) / values.length;
}

/** Compares with sums that NumPy made by the authors' recipe: windows, inputs, targets, elapsed steps, persistence. */
function expectSums(
  parts: Walker2d,
  known: Record<keyof Walker2d, readonly [number, number, number, number, number]>,
): void {
  for (const [name, [windows, inputs, targets, elapsed, error]] of Object.entries(known)) {
    const part = parts[name as keyof Walker2d];
    expect([part.count, part.steps, part.features, part.targetFeatures]).toEqual([windows, 64, 17, 17]);
    expect(sum(part.values)).toBeCloseTo(inputs, 3);
    expect(sum(part.targets)).toBeCloseTo(targets, 3);
    expect(sum(part.dt)).toBe(elapsed);
    expect(persistence(part)).toBeCloseTo(error, 6);
  }
}

describe('the bundled sample', () => {
  const parts = walker2dFromZip(sample, { file: 'walker2d-sample.zip' });

  it('is the file that its README describes', () => {
    const readme = readFileSync(new URL('README.md', sampleUrl), 'utf8');
    expect(readme).toContain(createHash('sha256').update(sample).digest('hex'));
    expect(readme).toContain(sample.length.toLocaleString('en-US'));
    expect(readFileSync(new URL('LICENSE-walker2d.txt', sampleUrl), 'utf8')).toContain('Permission is hereby granted');
  });

  it('gives the arrays that NumPy gives', () => {
    expectSums(parts, {
      train: [489, 74598.28290515623, 74814.5005402132, 34666, 4.342243092734456],
      validation: [93, 14135.301244454467, 14277.162485309536, 6690, 4.636504186985844],
      test: [119, 16190.185274790158, 16438.630305359155, 8462, 4.174937689328996],
    });
  });

  it('does not depend on the order of the files', () => {
    const { test } = walker2dFromZip(writeZip(readZip(sample).reverse()));
    expect(Buffer.compare(new Uint8Array(test.values.buffer), new Uint8Array(parts.test.values.buffer))).toBe(0);
  });

  it('counts elapsed rows in whole steps of at least one', () => {
    for (const { dt } of Object.values(parts) as SequenceData[]) {
      expect(dt.every((elapsed) => Number.isInteger(elapsed) && elapsed >= 1)).toBe(true);
    }
  });
});

it('the full set gives the published check sums', (context) => {
  const path = process.env['RHEO_WALKER'];
  if (path === undefined)
    return context.skip('the 32 MB archive is not bundled; RHEO_WALKER=path/to/walker.zip runs it');
  expectSums(walker2dFromZip(new Uint8Array(readFileSync(path)), { file: 'walker.zip' }), {
    train: [9684, 1520128.524496567, 1521422.5623976921, 689148, 4.4596828595407585],
    validation: [1272, 193639.38187467915, 193769.45977290475, 90842, 4.514237015816759],
    test: [1937, 317805.6338384162, 314148.68460457795, 137806, 4.537537409771548],
  });
});

describe('loadWalker2d', () => {
  /** A rollout whose row r holds r in every feature. */
  const rollout = (name: string, rows = 90, features = 2): Walker2dFile => ({
    name,
    data: {
      dtype: 'f64',
      shape: [rows, features],
      data: Float64Array.from({ length: rows * features }, (_, i) => Math.floor(i / features)),
    },
  });
  const files = ['a.npy', 'b.npy', 'c.npy'].map((name) => rollout(name));

  it('gives each part at least one file', () => {
    for (const part of Object.values(loadWalker2d(files, { steps: 8 })) as SequenceData[]) {
      expect(part.count).toBeGreaterThan(0);
    }
  });

  it('targets the true next row, elapsed or not', () => {
    const { train } = loadWalker2d(files, { steps: 8, stride: 3 });
    expect(train.targets).toEqual(train.values.map((row) => row + 1));
    for (let i = 1; i < train.dt.length; i++) {
      if (i % train.steps === 0) continue;
      const step = (train.values[i * 2] ?? 0) - (train.values[(i - 1) * 2] ?? 0);
      expect(train.dt[i]).toBe(step);
    }
  });

  const withData = (data: Walker2dFile['data']): Walker2dFile[] => [...files, { name: 'z.npy', data }];
  it.each<[string, readonly Walker2dFile[], object, object]>([
    ['two files', files.slice(1), {}, { code: 'value' }],
    ['a file twice', [...files, rollout('b.npy')], {}, { code: 'value', file: 'b.npy' }],
    ['files too short for a window', files.map(({ name }) => rollout(name, 9)), {}, { code: 'value' }],
    ['another number of features', [...files, rollout('z.npy', 90, 3)], {}, { code: 'shape', file: 'z.npy' }],
    ['a single row', [...files, rollout('z.npy', 1)], {}, { code: 'shape', file: 'z.npy' }],
    [
      'a vector',
      withData({ dtype: 'f32', shape: [90], data: new Float32Array(90) }),
      {},
      { code: 'shape', file: 'z.npy' },
    ],
    [
      'whole numbers',
      withData({ dtype: 'i32', shape: [90, 2], data: new Int32Array(180) }),
      {},
      { code: 'dtype', file: 'z.npy' },
    ],
    [
      'NaN',
      withData({ dtype: 'f64', shape: [90, 2], data: new Float64Array(180).fill(NaN, 7, 8) }),
      {},
      { code: 'value', file: 'z.npy', row: 3, feature: 1 },
    ],
    [
      'a value beyond float32',
      withData({ dtype: 'f64', shape: [90, 2], data: new Float64Array(180).fill(1e39, 4, 5) }),
      {},
      { code: 'value', row: 2 },
    ],
    ['windows of no steps', files, { steps: 0 }, { code: 'argument' }],
    ['a stride of no rows', files, { stride: 0.5 }, { code: 'argument' }],
  ])('refuses %s', (_, list, options, expected) => {
    const error = dataError(() => loadWalker2d(list, { steps: 8, ...options }));
    expect({ code: error.code, ...error.details }).toMatchObject(expected);
  });

  it('names the damaged file inside the archive, and ignores what is no rollout', () => {
    const entries = files.map(({ name, data }) => ({ name: `walker/${name}`, data: writeNpy(data) }));
    const others = ['__MACOSX/walker/._a.npy', 'walker/._b.npy', 'README'].map((name) => ({
      name,
      data: new Uint8Array(3),
    }));
    expect(walker2dFromZip(writeZip([...entries, ...others]), { steps: 8 }).train.features).toBe(2);
    const broken = { name: 'walker/z.npy', data: entries[0]?.data.subarray(0, 200) ?? new Uint8Array() };
    const error = dataError(() => walker2dFromZip(writeZip([...entries, broken]), { file: 'walker.zip' }));
    expect([error.code, error.details.file]).toEqual(['format', 'walker.zip/walker/z.npy']);
    expect(dataError(() => walker2dFromZip(writeZip(others), { file: 'walker.zip' })).details.file).toBe('walker.zip');
  });
});
