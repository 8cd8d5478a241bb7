/** `rheo export`: files that other engines take, checked before they are written; exit codes 0, 1 and 2. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flattenTree } from '@rheo/core';
import { readSafetensors } from '@rheo/data';
import type { Layer } from '@rheo/layers';
import {
  autoNcp,
  bidirectional,
  cfc,
  forwardFill,
  initialise,
  linear,
  ltc,
  phasedLstm,
  sequential,
} from '@rheo/layers';
import { fromCheckpoint, toCheckpoint } from '@rheo/train';
import * as runtime from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rheo } from './collect.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-export-'));
const features = 3;

function write(name: string, model: Layer): void {
  const parameters = initialise(model, { features, seed: 2 });
  writeFileSync(join(folder, name), toCheckpoint({ model, features, parameters }));
}

beforeAll(() => {
  write('cfc.safetensors', sequential([cfc({ units: 5, backboneUnits: 8 }), linear(2)]));
  write('ltc.safetensors', sequential([ltc({ wiring: autoNcp(8, 2, { seed: 1 }) })]));
  write('both.safetensors', sequential([bidirectional(cfc({ units: 4, backboneUnits: 4 })), linear(1)]));
  write('gaps.safetensors', sequential([forwardFill(), cfc({ units: 4, backboneUnits: 4 }), linear(1)]));
  write('adaptive.safetensors', sequential([ltc({ units: 4, solver: 'dormand-prince' })]));
  write('clock.safetensors', sequential([phasedLstm({ units: 8 })]));
  write('flat.safetensors', sequential([linear(2)]));
  writeFileSync(join(folder, 'noise.safetensors'), 'this is no model');
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (line: string) => rheo(folder, ['export', ...line.split(' ')]);
const has = (name: string): boolean => existsSync(join(folder, name));

describe('--format onnx', () => {
  it.each([
    ['cfc.safetensors', 'cfc.onnx', 'values[batch, time, 3] dt[batch, time]'],
    ['cfc.safetensors --step', 'cfc-step.onnx', 'state/0/h[batch, 5] values[batch, 3] dt[batch, 1]'],
    ['cfc.safetensors --dt none --out plain.onnx', 'plain.onnx', 'values[batch, time, 3]'],
    ['cfc.safetensors --dt shared --out shared.onnx', 'shared.onnx', 'values[batch, time, 3] dt[time]'],
    ['cfc.safetensors --dt unit --out unit.onnx', 'unit.onnx', 'dt[batch, time, 5]'],
    ['cfc.safetensors --step --dt shared --out one.onnx', 'one.onnx', 'dt[]'],
    ['cfc.safetensors --step --dt unit --out units.onnx', 'units.onnx', 'dt[batch, 5]'],
    ['ltc.safetensors', 'ltc.onnx', 'values[batch, time, 3] dt[batch, time]'],
    ['ltc.safetensors --step', 'ltc-step.onnx', 'state/0/h[batch, 8]'],
    ['both.safetensors', 'both.onnx', 'values[batch, time, 3] dt[batch, time]'],
    ['gaps.safetensors', 'gaps.onnx', 'mask[batch, time, 3]'],
    ['gaps.safetensors --step', 'gaps-step.onnx', 'mask[batch, 3]'],
    ['flat.safetensors', 'flat.onnx', 'values[batch, time, 3]'],
  ])('%s', { timeout: 60_000 }, async (line, file, inputs) => {
    const { code, out, err } = await run(`${line} --format onnx --json`);
    expect(err).toBe('');
    expect(code).toBe(0);
    const result = JSON.parse(out) as Record<string, unknown>;
    expect(result).toMatchObject({ format: 'onnx', verified: true, out: file });
    expect(result['by']).toMatch(/^onnxruntime-node \d/);
    expect(result['largest_difference']).toBeLessThan(1e-5);
    expect(result['inputs']).toContain(inputs);
    const session = await runtime.InferenceSession.create(readFileSync(join(folder, file)));
    expect(session.outputNames[0]).toBe('outputs');
    await session.release();
  });

  it('says what it did, in words', async () => {
    const { code, out } = await run('cfc.safetensors --format onnx --out words.onnx');
    expect(code).toBe(0);
    expect(out).toMatch(/checked by\s+onnxruntime-node .*, on 6 random sequences of 1, 7, 500\s+steps/);
    expect(out).toMatch(/largest difference +\d\.\d\de-\d+/);
    expect(out).toMatch(/written +words\.onnx, \d+ bytes/);
  });

  it.each(['adaptive.safetensors', 'clock.safetensors', 'adaptive.safetensors --step'])(
    'a model that amplifies rounding is held to its own: %s',
    { timeout: 120_000 },
    async (line) => {
      const { code, out } = await run(`${line} --format onnx --json`);
      expect(code).toBe(0);
      const result = JSON.parse(out) as { largest_difference: number; allowed_difference: number };
      expect(result.largest_difference).toBeLessThanOrEqual(result.allowed_difference);
      expect(result.allowed_difference).toBeLessThan(5e-3);
    },
  );

  it('--unverified says so', async () => {
    const { code, out } = await run('cfc.safetensors --format onnx --unverified --out unseen.onnx');
    expect(code).toBe(0);
    expect(out).toMatch(/not checked +--unverified was given/);
    expect(has('unseen.onnx')).toBe(true);
  });
});

describe('--format c', () => {
  it.each([
    ['cfc.safetensors', 'cfc.h', 'cfc_step(state, input, dt, output)'],
    ['ltc.safetensors --dt none --out still.h', 'still.h', 'ltc_step(state, input, output)'],
    ['gaps.safetensors --name sensor --out sensor.h', 'sensor.h', 'sensor_step(state, input, dt, observed, output)'],
    ['clock.safetensors', 'clock.h', 'clock_step(state, input, dt, output)'],
  ])('%s', { timeout: 60_000 }, async (line, file, call) => {
    const { code, out, err } = await run(`${line} --format c --json`);
    expect(err).toBe('');
    expect(code).toBe(0);
    const result = JSON.parse(out) as Record<string, unknown>;
    expect(result).toMatchObject({ format: 'c', out: file, function: call });
    if (result['verified'] === true) expect(result['largest_difference']).toBeLessThan(1e-3);
    else expect(result['reason']).toMatch(/no C compiler/);
    expect(readFileSync(join(folder, file), 'utf8')).toContain('_self_test');
  });

  it('is checked with the compiler that CC names, and with no other', async () => {
    vi.stubEnv('CC', 'no-such-compiler -O2');
    const { code, out } = await run('cfc.safetensors --format c --out named.h --json');
    vi.unstubAllEnvs();
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verified: false });
    expect(out).toContain('there is no C compiler called no-such-compiler -O2 here');
  });
});

it('--format safetensors: every tensor, bit for bit', async () => {
  const { code, out } = await run('both.safetensors --format safetensors --json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ verified: true, largest_difference: 0, out: 'both-tensors.safetensors' });
  const { tensors } = readSafetensors(readFileSync(join(folder, 'both-tensors.safetensors')), { file: 'tensors' });
  const { parameters } = fromCheckpoint(readFileSync(join(folder, 'both.safetensors')));
  const { leaves, paths } = flattenTree(parameters);
  expect([...tensors.keys()].sort()).toEqual([...paths].sort());
  leaves.forEach(({ data }, index) => {
    expect(tensors.get(paths[index] ?? '')?.data).toEqual(data);
  });
});

describe('--format torch', () => {
  it('writes the state dictionary and what it was made with, which import takes', async () => {
    const { code, out } = await run('ltc.safetensors --format torch');
    expect(out).toMatch(/class +ncps\.torch, LTC/);
    expect(out).toMatch(/its configuration +ltc\.json/);
    expect(code).toBe(0);
    const again = await rheo(folder, [
      'import',
      'ltc.pt',
      '--config',
      'ltc.json',
      '--out',
      'again.safetensors',
      '--json',
    ]);
    expect(again.code).toBe(0);
    const [first, second] = ['ltc.safetensors', 'again.safetensors'].map((name) =>
      flattenTree(fromCheckpoint(readFileSync(join(folder, name))).parameters).leaves.map(({ data }) => [...data]),
    );
    expect(second).toEqual(first);
  });
});

it.each([
  ['clock.safetensors --format torch', /layer model\/0\/phased-lstm: .*ONNX/],
  ['adaptive.safetensors --format c', /layer 0: an adaptive solver/],
])('what a format cannot express ends with exit code 1 and the layer: %s', async (line, text) => {
  const { code, err } = await run(`${line} --out x.onnx`);
  expect(err).toMatch(text);
  expect(code).toBe(1);
  expect(has('x.onnx')).toBe(false);
});

describe('bad input: exit code 2, and nothing is written', () => {
  it.each([
    ['missing.safetensors --format onnx --out x.onnx', 'the file does not exist'],
    ['noise.safetensors --format onnx --out x.onnx', 'noise.safetensors'],
    ['cfc.safetensors --format onnx --out cfc.safetensors', 'would be overwritten'],
    ['cfc.safetensors --format tflite --out x.onnx', 'Allowed choices are onnx, c, torch, safetensors'],
    ['cfc.safetensors --out x.onnx', '--format'],
    ['cfc.safetensors --format onnx --dt sometimes --out x.onnx', 'Allowed choices are none, shared, row, unit'],
    ['cfc.safetensors --format onnx --name it --out x.onnx', 'no use for --name'],
    ['cfc.safetensors --format c --step --out x.onnx', 'no use for --step'],
    ['cfc.safetensors --format c --dt row --out x.onnx', 'C steps one row'],
    ['cfc.safetensors --format c --name 1st --out x.onnx', '1st'],
    ['both.safetensors --format c --out x.onnx', 'no step of it exists. Export the model as ONNX'],
    ['ltc.safetensors --format torch --out x.json', 'also the name of its configuration'],
    ['both.safetensors --format onnx --step --out x.onnx', 'cannot run step by step'],
    ['flat.safetensors --format onnx --dt unit --out x.onnx', 'need layers of one size'],
  ])('%s', async (line, text) => {
    const { code, err } = await run(line);
    expect(err).toContain(text);
    expect(code).toBe(2);
    expect(has('x.onnx')).toBe(false);
  });
});
