/** The names of the originals' parameters, and the command itself: one line for each file, and the exit code. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { flatArray, transposed } from './flat-array.ts';
import { kerasPath, kerasPaths } from './keras-names.ts';
import { fromTorch, torchPaths } from './torch-names.ts';

const fixtures = fileURLToPath(new URL('../../packages/layers/test/fixtures', import.meta.url));
const main = fileURLToPath(new URL('main.ts', import.meta.url));

function parity(...args: string[]): {
  readonly status: number | null;
  readonly lines: string[];
  readonly stderr: string;
} {
  const flags = ['--conditions=@rheo/source', '--import', 'tsx', main, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
  return { status, lines: stdout.split('\n').filter((line) => line !== ''), stderr };
}

describe('names', () => {
  it('count backbone layers by order, wherever dropout modules stand', () => {
    const names = [0, 2, 5, 8].map((index) => `rnn_cell.backbone.${index}.weight`);
    expect([...torchPaths(names, { cell: '0', head: '1' }).values()]).toEqual(
      [0, 1, 2, 3].map((layer) => `0/backbone/${layer}/kernel`),
    );
  });

  it('are known with and without the prefix of a sequence class', () => {
    const names = ['ff1.bias', 'rnn_cell.time_a.weight', 'lstm.recurrent_map.weight', 'rnn_cell.w_tau', 'fc.weight'];
    expect([...torchPaths(names, { cell: '2', head: '3' }).values()]).toEqual([
      '2/ff1/bias',
      '2/time_a/kernel',
      '2/lstm/recurrent/kernel',
      '2/w_tau',
      '3/kernel',
    ]);
    expect(() => torchPaths(['rnn_cell.sigma'], { cell: '0', head: '1' })).toThrow('rnn_cell.sigma');
    expect(kerasPath('backbone3/bias', '0')).toBe('0/backbone/3/bias');
    expect(() => kerasPath('gates', '0')).toThrow('gates');
  });

  it('count the cells of a wiring', () => {
    const names = ['rnn_cell.layer_1.ff1.weight', 'layer_0.w_tau', 'rnn_cell.layer_2.time_b.bias'];
    expect([...torchPaths(names, { cell: '0', head: '1' }).values()]).toEqual([
      '0/layers/1/ff1/kernel',
      '0/layers/0/w_tau',
      '0/layers/2/time_b/bias',
    ]);
    const keras = ['input_kernel', 'bias', 'ff1_weight', 'ff1_bias', 'ff1_weight', 'A'];
    expect(kerasPaths(keras, '0', true)).toEqual([
      '0/lstm/input/kernel',
      '0/lstm/input/bias',
      '0/layers/0/ff1/kernel',
      '0/layers/0/ff1/bias',
      '0/layers/1/ff1/kernel',
      '0/layers/1/A',
    ]);
    expect(kerasPaths(keras.slice(2, 4), '0', false)).toEqual(['0/ff1/kernel', '0/ff1/bias']);
  });

  it('turn [out, in] into [in, out], and matrices of one row into vectors', () => {
    const weight = flatArray(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      'weight',
    );
    expect(transposed(weight)).toEqual(
      flatArray(
        [
          [1, 4],
          [2, 5],
          [3, 6],
        ],
        'kernel',
      ),
    );
    expect(fromTorch('ff1.weight', weight)).toEqual(transposed(weight));
    expect(fromTorch('A', flatArray([[7, 8]], 'A'))).toEqual(flatArray([7, 8], 'A'));
    expect(() => flatArray([[1], [2, 3]], 'x')).toThrow('ragged');
  });
});

describe('pnpm parity', () => {
  it('prints one line of JSON for each file, and succeeds when all agree', () => {
    const { status, lines } = parity(fixtures, '--json', '--backend', 'reference');
    const reports = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(reports.length).toBeGreaterThan(10);
    for (const report of reports) {
      expect(report).toMatchObject({ file: expect.stringMatching(/\.json$/), ok: true, worst: expect.any(Number) });
    }
    expect(status).toBe(0);
  });

  it('fails when a file is not ok, and says why', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parity-'));
    try {
      writeFileSync(join(folder, 'broken.json'), '{');
      writeFileSync(join(folder, 'wiring_x.json'), '{}');
      const { status, lines } = parity(folder, '--json', '--backend', 'reference');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { file: 'broken.json', ok: false, worst: null, reason: expect.any(String) },
        { file: 'wiring_x.json', kind: 'wiring', ok: false, reason: 'no wiring is called undefined' },
      ]);
      expect(status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('fails without files, for a folder that does not exist, and for an unknown backend', () => {
    expect(parity()).toMatchObject({ status: 1, stderr: expect.stringContaining('usage') });
    expect(parity(join(fixtures, 'nowhere')).status).toBe(1);
    expect(parity(fixtures, '--backend', 'abacus')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('abacus'),
    });
  });
});
