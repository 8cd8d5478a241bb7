/** `rheo import`: exit codes 0, 1 and 2, what is printed, and that nothing is written of a model that differs. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromCheckpoint } from '@rheo/train';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rheo } from './collect.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-import-'));
const from = (name: string) => readFileSync(new URL(`../../interop/test/fixtures/${name}`, import.meta.url));

beforeAll(() => {
  const side = JSON.parse(from('torch_ltc_autoncp.json').toString()) as { output: number[][][] };
  writeFileSync(join(folder, 'model.pt'), from('torch_ltc_autoncp.pt'));
  writeFileSync(join(folder, 'side.json'), JSON.stringify(side));
  const [first] = side.output[0] ?? [];
  if (first !== undefined) first[0] = (first[0] ?? 0) + 1e-3;
  writeFileSync(join(folder, 'other.json'), JSON.stringify(side));
  writeFileSync(join(folder, 'broken.json'), '{');
  writeFileSync(join(folder, 'ragged.json'), JSON.stringify({ ...side, input: [[[1, 2]], [[1]]] }));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('imports, checks and writes a model file', async () => {
  const { code, out } = await rheo(
    folder,
    'import model.pt --config side.json --check side.json --out m.safetensors'.split(' '),
  );
  expect(code).toBe(0);
  expect(out).toMatch(/largest difference +\d\.\d\de-\d+: the same/);
  expect(fromCheckpoint(readFileSync(join(folder, 'm.safetensors'))).features).toBe(5);
});

it('exit code 1 and no file on a difference', async () => {
  const { code, out } = await rheo(
    folder,
    'import model.pt --config side.json --check other.json --out d.safetensors --json'.split(' '),
  );
  expect(code).toBe(1);
  const result = JSON.parse(out) as Record<string, unknown>;
  expect(result['same']).toBe(false);
  expect(result['largest_difference']).toBeCloseTo(1e-3, 6);
  expect(existsSync(join(folder, 'd.safetensors'))).toBe(false);
});

it.each([
  ['model.pt', 'the file cannot tell these: ode_unfolds'],
  ['model.pt --config broken.json', 'the file is no JSON'],
  ['missing.pt', 'the file does not exist'],
  ['side.json', '@rheo/data: side.json'],
  ['model.pt --config side.json --check ragged.json', 'input is no array of numbers with equal lengths'],
])('exit code 2: import %s', async (args, text) => {
  const { code, err } = await rheo(folder, ['import', ...args.split(' ')]);
  expect(err).toContain(text);
  expect(code).toBe(2);
});
