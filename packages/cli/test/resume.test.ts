/** Runs that were stopped, killed or broken, and go on: the same model file as if nothing had happened. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { writeZip } from '@rheo/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rheo } from './collect.ts';
import { tinyRollouts } from './tiny-walker.ts';

const epochs = 12;
const folder = mkdtempSync(join(tmpdir(), 'rheo-resume-'));
const train = ['train', 'walker2d', '--data', 'walker.zip', '--recipe', 'sample', '--epochs', String(epochs)];
const again = (run: string, ...more: string[]) => ['train', 'walker2d', '--resume', run, ...more];
const model = (run: string) => readFileSync(join(folder, run, 'model.safetensors'));
const lines = (...path: string[]) =>
  readFileSync(join(folder, ...path), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  // A few batches an epoch, the last of them not full.
  writeFileSync(join(folder, 'walker.zip'), writeZip(tinyRollouts(12, 180)));
  const { code, err } = await rheo(folder, [...train, '--out', 'whole']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs until the metrics tell of `epoch`, then interrupts, as Control-C does. */
async function interruptAt(epoch: number, run: string, args: readonly string[]): Promise<string> {
  const controller = new AbortController();
  const ended = rheo(folder, args, controller.signal);
  const told = `"epoch":${epoch},`;
  const files = [`.${run}.part`, run].map((name) => join(folder, name, 'metrics.jsonl'));
  const reached = () => files.some((file) => existsSync(file) && readFileSync(file, 'utf8').includes(told));
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 1));
  controller.abort();
  const { code, out } = await ended;
  expect(code).toBe(130);
  return out;
}

describe('a run that was interrupted', () => {
  it('says how to go on, and goes on to the same file', async () => {
    const out = await interruptAt(2, 'stopped', [...train, '--out', 'stopped']);
    expect(out).toMatch(
      /Interrupted after \d+ of 12 epochs; keeping what was learnt\.\nGo on with: rheo train walker2d --resume stopped\n/,
    );
    expect(model('stopped').equals(model('whole'))).toBe(false);
    expect(existsSync(join(folder, 'stopped', 'checkpoint.safetensors'))).toBe(true);

    await interruptAt(5, 'stopped', again('stopped'));
    const { code, out: said, err } = await rheo(folder, again('stopped'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(said).toMatch(/Going on after epoch \d+\./);
    expect(model('stopped').equals(model('whole'))).toBe(true);
    expect(readdirSync(join(folder, 'stopped')).sort()).toEqual(readdirSync(join(folder, 'whole')).sort());

    const metrics = lines('stopped', 'metrics.jsonl');
    const without = (entries: Record<string, unknown>[]) =>
      entries.filter(({ event }) => event === 'epoch').map(({ seconds: _, ...entry }) => entry);
    expect(without(metrics)).toEqual(without(lines('whole', 'metrics.jsonl')));
    const { test_mse, stopped, epochs: done } = metrics.at(-1) ?? {};
    expect({ stopped, done }).toEqual({ stopped: false, done: epochs });
    expect(test_mse).toBe(lines('whole', 'metrics.jsonl').at(-1)?.['test_mse']);
  }, 120_000);

  it('may have more epochs than were planned, also when it was finished', async () => {
    const { code } = await rheo(folder, [...train.slice(0, -1), '3', '--out', 'short']);
    expect(code).toBe(0);
    const longer = await rheo(folder, again('short', '--epochs', String(epochs)));
    expect(longer.code).toBe(0);
    expect(model('short').equals(model('whole'))).toBe(true);
  }, 120_000);

  it('goes on on another backend, with data that lie elsewhere', async () => {
    await interruptAt(11, 'moved', [...train, '--out', 'moved']);
    mkdirSync(join(folder, 'other place'));
    cpSync(join(folder, 'walker.zip'), join(folder, 'other place', 'w.zip'));
    const { code } = await rheo(folder, again('moved', '--backend', 'onnx', '--data', 'other place/w.zip', '--json'));
    expect(code).toBe(0);
    const error = (run: string) => Number(lines(run, 'metrics.jsonl').at(-1)?.['test_mse']);
    expect(Math.abs(error('moved') / error('whole') - 1)).toBeLessThan(1e-4);
    expect(JSON.parse(readFileSync(join(folder, 'moved', 'config.json'), 'utf8'))).toMatchObject({
      backend: 'onnx/node-cpu',
    });
  }, 120_000);
});

describe('what cannot go on', () => {
  const refused = async (args: readonly string[]): Promise<string> => {
    const { code, err } = await rheo(folder, args);
    expect(code).toBe(2);
    return err;
  };

  it('is refused, and left as it is', async () => {
    const before = readFileSync(join(folder, 'whole', 'config.json'), 'utf8');
    expect(await refused(again('nowhere'))).toContain('there is no run here to go on with (nowhere)');
    expect(await refused(again('whole', '--seed', '3'))).toContain('keeps its own seed (--seed)');
    expect(await refused(again('whole', '--recipe', 'cfc'))).toContain('keeps its own recipe');
    expect(await refused(again('whole', '--out', 'there'))).toContain('keeps its own out');
    expect(await refused(again('whole', '--epochs', '4'))).toContain('the run is in epoch 12, beyond 4 (--epochs)');
    const other = join(folder, 'others');
    mkdirSync(other);
    for (const { name, data } of tinyRollouts(4)) writeFileSync(join(other, name.replace(/.*\//, '')), data);
    expect(await refused(again('whole', '--data', 'others'))).toContain('these are not the data of the run (others)');
    expect(readFileSync(join(folder, 'whole', 'config.json'), 'utf8')).toBe(before);
    expect(readdirSync(join(folder, 'whole'))).not.toContain('.running');
  }, 60_000);

  it('names the file that is damaged', async () => {
    cpSync(join(folder, 'whole'), join(folder, 'damaged'), { recursive: true });
    const checkpoint = join(folder, 'damaged', 'checkpoint.safetensors');
    writeFileSync(checkpoint, readFileSync(checkpoint).subarray(0, 5000));
    expect(await refused(again('damaged'))).toContain(join('damaged', 'checkpoint.safetensors'));
    writeFileSync(join(folder, 'damaged', 'config.json'), '{"task":"walker2d","recipe":"toString"}');
    expect(await refused(again('damaged'))).toContain(join('damaged', 'config.json'));
  });

  it('two processes do not go on with one run', async () => {
    cpSync(join(folder, 'whole'), join(folder, 'busy'), { recursive: true });
    writeFileSync(join(folder, 'busy', '.running'), String(process.ppid));
    expect(await refused(again('busy'))).toMatch(/process \d+ is writing there \(busy\).*remove .*\.running/);
    // A process that is no more does not stand in the way.
    const gone = spawn(process.execPath, ['--eval', '']);
    await new Promise((resolve) => gone.on('close', resolve));
    writeFileSync(join(folder, 'busy', '.running'), String(gone.pid));
    expect((await rheo(folder, again('busy'))).code).toBe(0);
    expect(model('busy').equals(model('whole'))).toBe(true);
  }, 60_000);
});

it('killed at any moment, again and again, ends in the same file', async () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const kills = Number(process.env['RHEO_KILLS'] ?? 4);
  let killed = 0;
  const live = async (args: readonly string[], wait: number): Promise<number | null> => {
    const child = spawn(process.execPath, ['--conditions=@rheo/source', `--import=${tsx}`, main, ...args, '--json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let timer: NodeJS.Timeout | undefined;
    // Counted from the first sign of life: starting takes longer than training.
    child.stdout.once('data', () => {
      timer = setTimeout(() => child.kill('SIGKILL'), wait);
    });
    child.stdout.resume();
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    clearTimeout(timer);
    return code;
  };
  for (let round = 0; killed < kills; round++) {
    const run = `killed-${round}`;
    let code = await live([...train, '--out', run], Math.random() * 400);
    while (code !== 0) {
      expect(code).toBe(null);
      killed++;
      expect(existsSync(join(folder, run))).toBe(false);
      code = await live(again(run), killed < kills ? Math.random() * 400 : 1e6);
    }
    expect(model(run).equals(model('whole'))).toBe(true);
    expect(readdirSync(join(folder, run)).sort()).toEqual(readdirSync(join(folder, 'whole')).sort());
    const done = lines(run, 'metrics.jsonl').filter(({ event }) => event === 'epoch');
    expect(done.map(({ epoch }) => epoch)).toEqual(Array.from({ length: epochs }, (_, index) => index + 1));
  }
}, 300_000);
