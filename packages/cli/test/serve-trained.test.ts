/**
 * From a table to a server in two commands: its answers are those of `rheo predict` on the same rows, also behind the first
 * sequence of a series.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rheo } from './collect.ts';
import { csvOf, machineRows } from './serve-models.ts';
import { folderWith, post, serving } from './serving.ts';

const rows = machineRows(120);
const folder = folderWith({ 'machines.csv': new TextEncoder().encode(csvOf(rows)) });
const requests = rows.map(({ machine, at, heat, mode }) => ({
  key: machine,
  time: at,
  values: { heat: heat === '' ? null : Number(heat), mode: mode === '' ? null : mode },
}));

it.each([
  ['regression', 'load'],
  ['classification', 'state'],
])(
  '%s',
  async (task, target) => {
    const about = ['--time', 'at', '--group', 'machine', '--features', 'heat,mode', '--target', target, '--task', task];
    const short = ['--window', '16', '--epochs', '1'];
    const trained = await rheo(folder, ['train', 'machines.csv', ...about, ...short, '--out', task]);
    expect(trained).toMatchObject({ code: 0 });
    const model = `${task}/model.safetensors`;
    const predicted = await rheo(folder, ['predict', model, '--data', 'machines.csv', '--out', `${task}.csv`]);
    expect(predicted).toMatchObject({ code: 0 });
    const [header = '', ...lines] = readFileSync(join(folder, `${task}.csv`), 'utf8')
      .trim()
      .split('\n');
    const names = header.split(',');
    const table = lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at], cell])));

    const server = await serving(folder, model);
    const answers = (await post(server.url, requests)).body as {
      readonly prediction: string | Record<string, number>;
      readonly probabilities?: Record<string, number>;
    }[];
    expect(await server.stop()).toBe(0);
    expect(answers).toHaveLength(table.length);
    // The table has seven digits.
    const close = (found: number | undefined, wanted: string | undefined): void =>
      expect(Math.abs(Number(found) / Number(wanted) - 1)).toBeLessThan(2e-6);
    for (const [at, { prediction, probabilities }] of answers.entries()) {
      const wanted = table[at] ?? {};
      if (typeof prediction === 'string') {
        expect(prediction).toBe(wanted[`predicted_${target}`]);
        for (const [label, share] of Object.entries(probabilities ?? {})) close(share, wanted[`probability_${label}`]);
      } else {
        close(prediction[target], wanted[`predicted_${target}`]);
      }
    }
  },
  120_000,
);
