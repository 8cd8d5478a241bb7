/**
 * A training that is killed at random moments: whatever moment it is, going on ends in the bits of a training that was left
 * alone. RHEO_KILLS says how often; the README has the command.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { wasm } from '@rheo/backend-wasm';
import { fromTrainingCheckpoint, load } from '@rheo/train';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkpointName, modelName, trainIn } from './killed-training.ts';

const kills = Number(process.env['RHEO_KILLS'] ?? 3);
const root = mkdtempSync(join(tmpdir(), 'rheo-killed-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folderOf = (name: string): string => {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  return folder;
};
const modelIn = (folder: string) => readFileSync(join(folder, modelName));
const whole = folderOf('whole');
let milliseconds = 0;

beforeAll(async () => {
  const begun = performance.now();
  await trainIn(whole);
  milliseconds = performance.now() - begun;
}, 120_000);

it('the training that is killed uses all that has a state', async () => {
  const backend = await wasm();
  const { history, training } = load(new Uint8Array(modelIn(whole)), { backend });
  expect(new Set(history.map(({ rateFactor }) => rateFactor)).size).toBeGreaterThanOrEqual(3);
  // Patience ended it, and the best epoch is not the last.
  expect(history.length).toBeLessThan(60);
  expect(training).toMatchObject({ truncate: 10, bestEpoch: history.length - 5 });
  await backend.dispose();
});

it(`killed ${kills} times, it ends in the same bits from every checkpoint that was left`, async () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = fileURLToPath(new URL('killed-training.ts', import.meta.url));
  /** Trains in a process of its own, killed after `wait` ms; whether it came to its end. */
  const live = async (folder: string, wait: number): Promise<boolean> => {
    const child = spawn(process.execPath, ['--conditions=@rheo/source', `--import=${tsx}`, script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let timer: NodeJS.Timeout | undefined;
    // Counted from the first sign of life: starting takes longer than training.
    child.stdout.once('data', () => {
      timer = setTimeout(() => child.kill('SIGKILL'), wait);
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    clearTimeout(timer);
    if (code !== null) expect(code).toBe(0);
    return code === 0;
  };
  const reached = new Set<number>();
  let killed = 0;
  for (let round = 0; killed < kills; round++) {
    const folder = folderOf(`round-${round}`);
    while (!(await live(folder, killed < kills ? Math.random() * milliseconds : 1e6))) {
      killed++;
      const copy = folderOf(`after-${killed}`);
      const left = join(folder, checkpointName);
      if (existsSync(left)) {
        reached.add(fromTrainingCheckpoint(readFileSync(left)).training.history.length);
        cpSync(left, join(copy, checkpointName));
      }
      await trainIn(copy);
      expect(modelIn(copy).equals(modelIn(whole)), `after kill ${killed}`).toBe(true);
    }
    expect(modelIn(folder).equals(modelIn(whole)), `round ${round}`).toBe(true);
  }
  const epochs = [...reached].sort((a, b) => a - b).join(', ');
  if (process.env['RHEO_KILLS'] !== undefined) console.log(`${killed} kills, with checkpoints of the epochs ${epochs}`);
}, 600_000);
