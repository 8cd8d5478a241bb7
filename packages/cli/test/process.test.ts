/** The executable as a process: exit codes, streams, Control-C. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyWalker } from './tiny-walker.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-process-'));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

beforeAll(() => writeFileSync(join(folder, 'walker.zip'), tinyWalker()));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(args: readonly string[]): ChildProcess & { ended: Promise<{ code: number; out: string; err: string }> } {
  const child = spawn(process.execPath, ['--conditions=@rheo/source', `--import=${tsx}`, main, ...args], {
    cwd: folder,
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    text.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text.err += chunk;
  });
  const ended = new Promise<{ code: number; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code: code ?? -1, ...text })),
  );
  return Object.assign(child, { ended });
}

it('says what is wrong on standard error, within the width, and ends with 2', async () => {
  const { code, out, err } = await start(['evaluate', 'missing.safetensors']).ended;
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toBe('@rheo/data: missing.safetensors: the file does not exist. Check the path.\n');
}, 60_000);

it('ends at once on the second Control-C and leaves nothing but a run to go on with', async () => {
  const args = ['train', 'walker2d', '--data', 'walker.zip', '--epochs', '100000', '--out', 'twice', '--json'];
  const child = start(args);
  await new Promise<void>((resolve) =>
    child.stdout?.on('data', (chunk) => String(chunk).includes('"event":"start"') && resolve()),
  );
  child.kill('SIGTERM');
  child.kill('SIGINT');
  expect((await child.ended).code).toBe(130);
  // Whether the first epoch was over by then is up to the machine.
  const [left, ...others] = readdirSync(folder).filter((name) => name !== 'walker.zip');
  expect(others).toEqual([]);
  if (left === undefined) return;
  expect(left).toBe('.twice.part');
  expect(readdirSync(join(folder, left))).toContain('checkpoint.safetensors');
  expect(readdirSync(join(folder, left))).not.toContain('.running');
  rmSync(join(folder, left), { recursive: true });
}, 60_000);

it('is not put off by a reader that goes first', async () => {
  const child = start(['help', 'train']);
  child.stdout?.destroy();
  expect((await child.ended).code).toBe(0);
}, 60_000);

it.each(['wasm', 'onnx'])(
  'ends with 130 on Control-C and keeps a whole run folder, on %s',
  async (backend) => {
    const args = [
      'train',
      'walker2d',
      '--data',
      'walker.zip',
      '--recipe',
      'sample',
      '--epochs',
      '100000',
      '--out',
      backend,
      '--backend',
      backend,
    ];
    const child = start([...args, '--json']);
    await new Promise<void>((resolve) =>
      child.stdout?.on('data', (chunk) => String(chunk).includes('"event":"epoch"') && resolve()),
    );
    child.kill('SIGINT');
    const { code, out, err } = await child.ended;
    expect({ code, err }).toEqual({ code: 130, err: '' });
    const last = JSON.parse(out.trim().split('\n').at(-1) ?? '{}');
    expect(last).toMatchObject({ event: 'result', stopped: true });
    for (const file of last.files) expect(existsSync(join(folder, backend, file))).toBe(true);
    expect(existsSync(join(folder, `.${backend}.part`))).toBe(false);
  },
  60_000,
);
