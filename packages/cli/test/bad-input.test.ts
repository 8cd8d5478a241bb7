/**
 * Everything a user can hand over that is wrong: exit code 2, one message that names the place and the remedy, no stack,
 * and the folder exactly as it was.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNpy, readSafetensors, writeNpy, writeSafetensors, writeZip } from '@rheo/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rheo } from './collect.ts';
import { tinyRollouts } from './tiny-walker.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-bad-'));
const train = ['train', 'walker2d', '--recipe', 'sample', '--epochs', '1', '--out', 'out'];
const put = (name: string, bytes: Uint8Array | string) => writeFileSync(join(folder, name), bytes);
const listing = () => readdirSync(folder, { recursive: true }).map(String).sort();

/** Rollouts with one number of one of them changed. */
function spoilt(change: (data: Float64Array, columns: number) => void): Uint8Array {
  const [first, ...rest] = tinyRollouts();
  if (first === undefined) throw new Error('no rollout');
  const { shape } = readNpy(first.data, { file: first.name });
  const data = Float64Array.from(readNpy(first.data, { file: first.name }).data as Float64Array);
  change(data, shape[1] ?? 0);
  return writeZip([{ name: first.name, data: writeNpy({ dtype: 'f64', shape, data }) }, ...rest]);
}

beforeAll(async () => {
  const rollouts = tinyRollouts();
  const whole = writeZip(rollouts);
  put('walker.zip', whole);
  put('cut.zip', whole.subarray(0, whole.length - 1000));
  put('none.zip', writeZip([{ name: 'readme.txt', data: new TextEncoder().encode('no rollouts') }]));
  put('empty.zip', new Uint8Array(0));
  put('two.zip', writeZip(rollouts.slice(0, 2)));
  put('short.zip', writeZip(tinyRollouts(3, 40)));
  put('climb.zip', renamedEntry(whole));
  put('lies.zip', lyingSize(whole));
  put('bomb.zip', writeZip([{ name: 'rollout_000.npy', data: new Uint8Array(40_000_000) }]));
  put(
    'nan.zip',
    spoilt((data, columns) => data.fill(Number.NaN, 3 * columns + 4, 3 * columns + 5)),
  );
  put(
    'infinite.zip',
    spoilt((data) => data.fill(1e300, 0, 1)),
  );
  const [first, ...rest] = rollouts;
  const head = { name: first?.name ?? '', data: first?.data ?? new Uint8Array() };
  put('cut-npy.zip', writeZip([{ ...head, data: head.data.subarray(0, 500) }, ...rest]));
  const wide = { dtype: 'f64', shape: [100, 3], data: new Float64Array(300) } as const;
  put('wide.zip', writeZip([{ ...head, data: writeNpy(wide) }, ...rest]));
  const whole32 = { dtype: 'i32', shape: [160, 17], data: new Int32Array(160 * 17) } as const;
  put('integers.zip', writeZip([{ ...head, data: writeNpy(whole32) }, ...rest]));
  const small = { dtype: 'f32', shape: [160, 3], data: new Float32Array(480) } as const;
  put('others.zip', writeZip([0, 1, 2].map((n) => ({ name: `rollout_00${n}.npy`, data: writeNpy(small) }))));
  mkdirSync(join(folder, 'empty-folder'));
  mkdirSync(join(folder, 'used'));
  put('used/notes.txt', 'mine');
  mkdirSync(join(folder, '.claimed.part'));

  const made = await rheo(folder, [...train.slice(0, -1), 'good', '--data', 'walker.zip']);
  expect(made.err).toBe('');
  const model = new Uint8Array(readFileSync(join(folder, 'good', 'model.safetensors')));
  put('cut.safetensors', model.subarray(0, model.length - 64));
  put('head.safetensors', model.subarray(0, 5));
  put('huge.safetensors', Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, ...new Uint8Array(20)));
  const { tensors, metadata } = readSafetensors(model);
  const kernel = [...tensors.keys()][0] ?? '';
  const broken = new Map(tensors);
  const whole1 = tensors.get(kernel);
  if (whole1?.dtype !== 'f32') throw new Error('no kernel');
  broken.set(kernel, { ...whole1, data: Float32Array.from(whole1.data).fill(Number.NaN, 7, 8) });
  put('nan.safetensors', writeSafetensors(broken, metadata));
  broken.set(kernel, { dtype: 'f32', shape: [1], data: new Float32Array(1) });
  put('shape.safetensors', writeSafetensors(broken, metadata));
  broken.delete(kernel);
  put('less.safetensors', writeSafetensors(broken, metadata));
  put('foreign.safetensors', writeSafetensors(tensors, {}));
  put('text.safetensors', 'this is no model at all');

  const columns = Array.from({ length: 17 }, (_, f) => `v${f}`).join();
  const numbers = new Array(17).fill(0).join();
  put('backwards.csv', `time,${columns}\n0,${numbers}\n2,${numbers}\n1,${numbers}\n`);
  put('negative.csv', `elapsed,${columns}\n1,${numbers}\n-1,${numbers}\n`);
  put('word.csv', `time,${columns}\n0,${numbers}\n1,${numbers.replace('0', 'x')}\n`);
  put('hole.csv', `time,${columns}\n0,${numbers.replace('0', '')}\n`);
  put('ragged.csv', `time,${columns}\n0,1,2\n`);
  put('headless.csv', `0,${numbers}\n1,${numbers}\n`);
  put('rowless.csv', `time,${columns}\n`);
  put('narrow.csv', 'time,a,b\n0,1,2\n');
  put('empty.csv', '');
  put('semicolons.csv', `time;${columns.replaceAll(',', ';')}\n0;${numbers.replaceAll(',', ';')}\n`);
  put('twice.csv', `time,time,${columns}\n0,0,${numbers}\n`);
  put('mixed.csv', `sequence,${columns}\n0,${numbers}\n1,${numbers}\n0,${numbers}\n`);
  put('flat.npy', writeNpy({ dtype: 'f32', shape: [4], data: new Float32Array(4) }));
  put('narrow.npy', writeNpy({ dtype: 'f32', shape: [4, 2], data: new Float32Array(8) }));
  put('nan.npy', writeNpy({ dtype: 'f32', shape: [2, 17], data: new Float32Array(34).fill(Number.NaN, 20, 21) }));
  put('none.npy', writeNpy({ dtype: 'f32', shape: [0, 17], data: new Float32Array(0) }));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function refused(args: readonly string[]): Promise<string> {
  const before = listing();
  const { code, out, err } = await rheo(folder, args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^@rheo\/(cli|data|train|layers): /);
  expect(err).not.toMatch(/\n\s+at /);
  expect(listing()).toEqual(before);
  return err.trim();
}

describe('a command line', () => {
  it.each([
    [['trian'], "unknown command 'trian'\n(Did you mean train?)"],
    [['train', 'walker'], '(Did you mean walker2d?)'],
    [[...train, '--epoch', '3'], "unknown option '--epoch'\n(Did you mean --epochs?)"],
    [[...train, '--epochs', '0'], "'--epochs <n>' argument '0' is invalid. It takes a whole number of at least 1."],
    [[...train, '--epochs', '1.5'], 'It takes a whole number'],
    [[...train, '--epochs', 'many'], 'It takes a whole number'],
    [[...train, '--seed', '-1'], 'It takes a whole number of at least 0'],
    [[...train, '--backend', 'cuda'], 'there is no backend "cuda" (--backend). Did you mean onnx:cuda?'],
    [[...train, '--recipe', 'lstm'], 'Allowed choices are cfc'],
    [[...train, 'more'], 'too many arguments'],
    [['evaluate'], "missing required argument 'model'"],
    [['predict', 'good/model.safetensors'], "required option '--data <file>' not specified"],
    [['predict', 'good/model.safetensors', '--data', 'walker.zip', '--out', '-', '--json'], 'Name a file'],
    [[...train, '--data', ''], 'the value is empty (--data)'],
    [['evaluate', ''], 'an argument is empty'],
    [['predict', 'good/model.safetensors', '--data', 'narrow.csv', '--out', 'narrow.csv'], 'would be overwritten'],
    [
      ['predict', 'used/../good/model.safetensors', '--data', 'narrow.csv', '--out', 'good/model.safetensors'],
      '(--out)',
    ],
    [['train', 'walker2d', '--data', 'missing.zip'], 'the file does not exist'],
    [['train', 'walker2d', '--data', 'missing.zip', '--out', 'new/folders/run'], 'the file does not exist'],
  ])('%j', async (args, says) => expect(await refused(args)).toContain(says));
});

describe('a data set', () => {
  it.each([
    ['missing.zip', 'missing.zip: the file does not exist. Check the path.'],
    ['empty.zip', 'empty.zip'],
    ['cut.zip', 'cut.zip'],
    ['none.zip', 'none.zip: no .npy file in the archive'],
    ['two.zip', '2 rollouts cannot be split'],
    ['short.zip', 'no window of 64 rows'],
    ['climb.zip', 'climb.zip'],
    ['lies.zip', 'lies.zip'],
    ['bomb.zip', 'bomb.zip'],
    ['cut-npy.zip', 'cut-npy.zip/walker/rollout_000.npy'],
    ['wide.zip', 'shape [160,17] where [rows, 3] is needed'],
    ['integers.zip', 'a rollout of i32'],
    ['nan.zip', 'rollout_000.npy, row 3, feature 4: NaN is not a finite float32'],
    ['infinite.zip', 'rollout_000.npy, row 0, feature 0'],
    ['empty-folder', 'no .npy file in the folder'],
  ])('%s', async (data, says) => {
    const message = await refused([...train, '--data', data]);
    expect(message).toContain(says);
    expect(message).toMatch(new RegExp(`^@rheo/data: ${data}`));
    expect(await refused(['evaluate', 'good/model.safetensors', '--data', data])).toBe(message);
    // Ends with a sentence on what to do.
    expect(message).toMatch(/\. [A-Z][^.]+.*\.?$/);
  });
});

describe('a run folder', () => {
  const data = ['--data', 'walker.zip'];
  it.each([
    ['good', 'good', 'exists and is not empty'],
    ['used', 'used', 'exists and is not empty'],
    ['claimed', 'claimed', 'another run is writing there, or one was killed'],
    ['walker.zip', 'walker.zip', 'no folder that can be used'],
    ['walker.zip/run', 'walker.zip/run', '--out DIR'],
    ['/proc/run', '/proc/run', 'cannot be made'],
  ])('%s', async (out, where, says) => {
    const message = await refused([...train.slice(0, -1), out, ...data]);
    expect(message).toContain(says);
    expect(message).toContain(where);
    expect(message).toMatch(/Choose (a|another) /);
  });
});

describe('a model file', () => {
  it.each([
    ['missing.safetensors', 'the file does not exist'],
    ['cut.safetensors', 'cut.safetensors'],
    ['head.safetensors', '5 bytes are too few'],
    ['huge.safetensors', 'huge.safetensors: a header of'],
    ['text.safetensors', 'text.safetensors'],
    ['nan.safetensors', 'element 7 is NaN (nan.safetensors: 0/backbone/0/'],
    ['shape.safetensors', 'the parameter is [1], not ['],
    ['less.safetensors', 'the parameter is missing (less.safetensors: 0/backbone/0/'],
    ['foreign.safetensors', 'no Rheo checkpoint (foreign.safetensors)'],
    ['good', 'good'],
  ])('%s', async (model, says) => {
    const message = await refused(['evaluate', model, '--data', 'walker.zip']);
    expect(message).toContain(says);
    expect(message).toContain(model);
    expect(await refused(['predict', model, '--data', 'walker.zip', '--out', 'p.csv'])).toBe(message);
  });

  it('for other data', async () => {
    const says = 'the data has 3 features, the model was trained on 17 (others.zip)';
    expect(await refused(['evaluate', 'good/model.safetensors', '--data', 'others.zip'])).toContain(says);
    const predict = ['predict', 'good/model.safetensors', '--data', 'others.zip', '--out', 'p.csv'];
    expect(await refused(predict)).toContain(says);
  });

  it('whose data cannot be found', async () => {
    const model = new Uint8Array(readFileSync(join(folder, 'good', 'model.safetensors')));
    mkdirSync(join(folder, 'alone', 'deep'), { recursive: true });
    put('alone/deep/model.safetensors', model);
    const before = readdirSync(join(folder, 'alone'));
    const { code, err } = await rheo(join(folder, 'alone'), ['evaluate', 'deep/model.safetensors']);
    expect(code).toBe(2);
    expect(err).toContain('its data walker.zip was not found (--data). Pass the data: --data FILE');
    expect(readdirSync(join(folder, 'alone'))).toEqual(before);
  });
});

describe('observations', () => {
  it.each([
    ['semicolons.csv', 'the columns are not separated by commas (semicolons.csv, line 1)'],
    ['twice.csv', 'two columns are named "time" (twice.csv, line 1)'],
    ['mixed.csv', 'sequence 0 goes on after others (mixed.csv, line 4). Put the lines'],
    ['backwards.csv', 'time runs backwards, from 2 to 1 (backwards.csv, line 4). Sort the observations'],
    ['negative.csv', 'the elapsed time is -1 (negative.csv, line 3)'],
    ['word.csv', '"x" is no finite number (word.csv, line 3, column v0)'],
    ['hole.csv', 'the cell is empty (hole.csv, line 2, column v0)'],
    ['ragged.csv', '3 cells where the header has 18 (ragged.csv, line 2)'],
    ['headless.csv', 'the first line holds no names'],
    ['rowless.csv', 'the table has no rows'],
    ['empty.csv', 'empty.csv'],
    ['narrow.csv', 'the data has 2 features, the model was built for 17'],
    ['flat.npy', 'the array has shape [4]'],
    ['narrow.npy', 'the data has 2 features'],
    ['nan.npy', 'nan.npy, values, row 0, step 1, feature 3: NaN'],
    ['none.npy', 'the data is empty'],
    ['good/model.safetensors', 'model.safetensors'],
  ])('%s', async (data, says) => {
    const message = await refused(['predict', 'good/model.safetensors', '--data', data, '--out', 'p.csv']);
    expect(message).toContain(says);
  });

  it('a table that cannot be written', async () => {
    const args = ['predict', 'good/model.safetensors', '--data', 'walker.zip', '--out', 'walker.zip/p.csv'];
    expect(await refused(args)).toContain('walker.zip/p.csv: the file cannot be written');
  });
});

/** An entry that points out of its folder, in both of its headers. */
function renamedEntry(zip: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(zip);
  const from = new TextEncoder().encode('rollout_');
  const to = new TextEncoder().encode('../../x_');
  for (let at = 0; at < bytes.length - from.length; at++) {
    if (from.every((byte, i) => bytes[at + i] === byte)) bytes.set(to, at);
  }
  return bytes;
}

/** An entry whose headers agree on a size that its data do not have. */
function lyingSize(zip: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(zip);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 46 < bytes.length; at++) {
    const signature = view.getUint32(at, true);
    if (signature === 0x04034b50) view.setUint32(at + 22, 1000, true);
    if (signature === 0x02014b50) view.setUint32(at + 24, 1000, true);
  }
  return bytes;
}
