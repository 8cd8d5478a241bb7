/** Files that are too large for the memory they may have are trained from the disk, to the same model. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { flattenTree } from '@rheo/core';
import { fromCheckpoint, fromTrainingCheckpoint } from '@rheo/train';
import { Table as ArrowTable, Float64, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { rheo } from './collect.ts';
import { quick, roomsCsv } from './tiny-tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-large-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

/** The model's numbers, bit for bit, and how its training went. */
function trained(run: string) {
  const checkpoint = fromCheckpoint(readFileSync(join(folder, run, 'model.safetensors')));
  const { data } = fromTrainingCheckpoint(readFileSync(join(folder, run, 'checkpoint.safetensors')));
  const numbers = flattenTree(checkpoint.parameters).leaves.map((leaf) => Array.from(leaf.data));
  return { numbers, training: checkpoint.training, preparation: checkpoint.extra['preparation'], data };
}

const lines = roomsCsv(9000).trim().split('\n');
const [header = '', ...rows] = lines;
const keys = header.split(',');
/** Rows of the three rooms one after another, as they come from three sensors on one wire. */
const mixed = Array.from(rows, (_, i) => rows[(i % 3) * 9000 + Math.floor(i / 3)] ?? '');
const typed = (row: string) =>
  JSON.stringify(
    Object.fromEntries(row.split(',').map((cell, c) => [keys[c], Number.isNaN(Number(cell)) ? cell : Number(cell)])),
  );

/** The rows as an Arrow file of many record batches. */
function arrowOf(lines: readonly string[]): Uint8Array {
  const batch = (from: number) => {
    const cells = lines.slice(from, from + 4000).map((line) => line.split(','));
    const columns = keys.map((name, c) => {
      const column = cells.map((row) => row[c] ?? '');
      const numbers = column.every((cell) => !Number.isNaN(Number(cell)));
      return [name, numbers ? vectorFromArray(column.map(Number), new Float64()) : vectorFromArray(column, new Utf8())];
    });
    return new ArrowTable(Object.fromEntries(columns));
  };
  const [first, ...rest] = Array.from({ length: Math.ceil(lines.length / 4000) }, (_, b) => batch(4000 * b));
  return tableToIPC(first?.concat(...rest) ?? new ArrowTable(), 'file');
}

describe('a table beyond the memory limit', () => {
  put('mixed.csv', `${header}\n${mixed.join('\n')}\n`);
  put('mixed.jsonl', `${mixed.map(typed).join('\n')}\n`);
  const about = ['--group', 'room', '--target', 'power', '--task', 'forecast'];
  const options = [...about, ...quick, '--epochs', '1', '--metrics', 'mae'];

  writeFileSync(join(folder, 'mixed.arrow'), arrowOf(mixed));
  it.each(['csv', 'jsonl', 'arrow'])(
    'gives the model that it gives in memory: %s',
    async (ending) => {
      const run = async (out: string, ...more: string[]): Promise<string> => {
        const {
          code,
          err,
          out: said,
        } = await rheo(folder, ['train', `mixed.${ending}`, ...options, '--out', out, ...more]);
        expect({ code, err }).toEqual({ code: 0, err: '' });
        return said;
      };
      expect(await run(`memory-${ending}`)).not.toContain('from the disk');
      const said = await run(`disk-${ending}`, '--memory-limit', '4MB');
      expect(said).toMatch(/more than 4 MB: its 27000 rows are\s+trained from the disk/);
      expect(said).toMatch(/test: mean absolute error/);
      expect(trained(`disk-${ending}`)).toEqual(trained(`memory-${ending}`));
      // Nothing of what lay on the disk is left.
      expect(readdirSync(join(folder, `disk-${ending}`)).sort()).toEqual(
        readdirSync(join(folder, `memory-${ending}`)).sort(),
      );
    },
    120_000,
  );

  it('measures by epoch only what is asked for, and says so', async () => {
    const unasked = [...about, ...quick, '--epochs', '1', '--memory-limit', '4MB', '--out', 'unasked'];
    const { code, out } = await rheo(folder, ['train', 'mixed.csv', ...unasked]);
    expect(code).toBe(0);
    expect(out).toContain('- No metrics by epoch, as those need memory: ask for them (--metrics).');
    expect(trained('unasked').numbers).toEqual(trained('disk-csv').numbers);
    expect(readFileSync(join(folder, 'unasked', 'metrics.jsonl'), 'utf8')).not.toContain('validation_metrics');
  }, 120_000);

  it.each([
    ['beside data in memory', 'few.csv'],
    ['beside data on the disk', 'mixed.csv'],
  ])(
    'files of the other parts lie on the disk as well: %s',
    async (_, data) => {
      put('few.csv', `${header}\n${mixed.slice(0, 900).join('\n')}\n`);
      // As many rows as figures are made of, so that these are of the whole part.
      put('later.csv', roomsCsv(1000));
      put('others.csv', roomsCsv(900, ['d', 'e', 'f', 'g']));
      const parts = ['--validation', 'others.csv', '--test', 'later.csv'];
      const run = async (out: string, ...more: string[]) => {
        const {
          code,
          err,
          out: said,
        } = await rheo(folder, ['train', data, ...options, ...parts, '--out', out, ...more]);
        expect({ code, err }).toEqual({ code: 0, err: '' });
        const last =
          readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8')
            .trim()
            .split('\n')
            .at(-1) ?? '';
        const { test, validation } = JSON.parse(last) as Record<string, unknown>;
        return { said: said.replace(/\s+/g, ' '), figures: { test, validation } };
      };
      const inMemory = await run(`own-memory-${data}`);
      expect(inMemory.said).not.toContain('on the disk');
      const onDisk = await run(`own-disk-${data}`, '--memory-limit', '4MB');
      for (const part of ['test', 'validation']) {
        expect(onDisk.said).toMatch(
          new RegExp(`In memory the ${part} part would take about \\d MB: it lies on the disk`),
        );
      }
      expect(onDisk.said).toContain('The test part is later.csv: 3000 rows.');
      expect(onDisk.said).toContain('Figures and pictures are of 3000 rows of the test part.');
      expect(trained(`own-disk-${data}`)).toEqual(trained(`own-memory-${data}`));
      expect(onDisk.figures).toEqual(inMemory.figures);
      expect(readdirSync(join(folder, `own-disk-${data}`)).sort()).toEqual(
        readdirSync(join(folder, `own-memory-${data}`)).sort(),
      );
    },
    120_000,
  );

  it('a part with other columns, or a damaged one, is refused with its name, and leaves nothing', async () => {
    put('few.csv', `${header}\n${mixed.slice(0, 900).join('\n')}\n`);
    put('strange.csv', roomsCsv(1500).replace('load', 'laod'));
    put(
      'damaged.csv',
      roomsCsv(1500)
        .replace(/,[^,]*(\n[^\n]*\n)$/, ',$1')
        .replace(/\n([^\n,]*,[^\n,]*),[^\n,]*,([^\n]*)\n$/, '\n$1,much,$2\n'),
    );
    for (const [file, says] of [
      ['strange.csv', 'the table lacks load, which the model was trained with, and has laod'],
      ['damaged.csv', 'damaged.csv, line 4501, column load: "much" is no number'],
    ] as const) {
      const args = ['train', 'few.csv', ...options, '--test', file, '--memory-limit', '2MB', '--out', 'refused'];
      const { code, err } = await rheo(folder, args);
      expect(code).toBe(2);
      expect(err.replace(/\s+/g, ' ')).toContain(says);
      expect(readdirSync(folder).filter((name) => name.includes('refused'))).toEqual([]);
    }
  }, 60_000);

  it('is refused with what is wrong and where, as in memory', async () => {
    const bad = [...mixed];
    bad[20_000] = (bad[20_000] ?? '').replace(/,[^,]*$/, '');
    put('bad.csv', `${header}\n${bad.join('\n')}\n`);
    const { code, err } = await rheo(folder, ['train', 'bad.csv', ...options, '--memory-limit', '4MB', '--out', 'bad']);
    expect(code).toBe(2);
    expect(err).toContain('bad.csv, line 20002');
    const small = await rheo(folder, ['train', 'mixed.csv', ...options, '--memory-limit', '1MB']);
    expect(small.code).toBe(2);
    expect(small.err).toContain('of at least 2MB');
  }, 60_000);
});

it('trains a file ten times the limit with a small heap, in a small part of the memory that it takes otherwise', async () => {
  put('tiny.csv', `${header}\n${mixed.slice(0, 900).join('\n')}\n`);
  const all = roomsCsv(250_000).trim().split('\n').slice(1);
  put('large.csv', `${header}\n${all.join('\n')}\n`);
  const size = statSync(join(folder, 'large.csv')).size;
  const limit = Math.floor(size / 10 / 1000);
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const within = fileURLToPath(new URL('./train-within.ts', import.meta.url));
  const peak = async (heap: number, file: string, ...more: string[]): Promise<number> => {
    const node = [`--max-old-space-size=${heap}`, '--conditions=@rheo/source', `--import=${tsx}`, within];
    const settings = ['--group', 'room', '--target', 'power', '--task', 'forecast', '--units', '2', '--backbone', '4'];
    const training = [
      '--epochs',
      '1',
      '--batch',
      '512',
      '--window',
      '16',
      '--stride',
      '16',
      '--out',
      `within-${heap}-${file}`,
    ];
    const args = [...node, 'train', file, ...settings, ...training, ...more];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    return Number(stdout);
  };
  // Beside the data a process needs its engine, its garbage and the command, whatever the file.
  const tiny = await peak(96, 'tiny.csv');
  const onDisk = (await peak(96, 'large.csv', '--memory-limit', `${limit}KB`)) - tiny;
  const inMemory = (await peak(4000, 'large.csv', '--memory-limit', '4GB')) - tiny;
  expect(onDisk).toBeLessThan(inMemory / 3);
}, 240_000);
