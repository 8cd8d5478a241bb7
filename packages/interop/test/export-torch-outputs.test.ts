/**
 * Exported models run in PyTorch: loaded with strict=True into modules of the original's names, they compute what Rheo
 * computes. The modules are held to outputs of the original first.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeNpy } from '@rheo/data';
import { referenceBackend } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { autoNcp, cfc, floatArray, fullyConnected, initialise, linear, ltc, predict, sequential } from '@rheo/layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportTorch } from '../src/index.ts';
import { findPython } from './find-python.ts';
import { array, fixture, sidecar } from './fixture.ts';

const python = await findPython('torch, numpy');
const script = fileURLToPath(new URL('../../../tooling/torch/check-outputs.py', import.meta.url));
const run = promisify(execFile);
const [features, batch, time] = [3, 2, 9];
const small = { units: 4, backboneUnits: 6 } as const;
const wiring = autoNcp(9, 2, { seed: 3 });

const originals = ['torch_cfc_default', 'torch_cfc_autoncp', 'torch_ltc_autoncp'];

const models: Readonly<Record<string, Layer>> = {
  default: cfc(small),
  'no gate': cfc({ ...small, mode: 'no_gate', backboneLayers: 2, backboneActivation: 'silu' }),
  pure: cfc({ ...small, mode: 'pure', backboneActivation: 'gelu' }),
  'no backbone': cfc({ units: 4, backboneLayers: 0 }),
  dropout: cfc({ ...small, backboneLayers: 4, backboneDropout: 0.3, backboneActivation: 'relu' }),
  memory: cfc({ ...small, mixedMemory: true, backboneActivation: 'tanh' }),
  projection: sequential([cfc(small), linear(2)]),
  'last projection': sequential([cfc({ ...small, returnSequences: false }), linear(2)]),
  wired: cfc({ wiring }),
  'wired, pure, memory, projection': sequential([cfc({ wiring, mode: 'pure', mixedMemory: true }), linear(3)]),
  'wired in one layer': cfc({ wiring: fullyConnected(5, { outputs: 2 }), variant: 'ncps-torch' }),
  'keras, pure': cfc({ ...small, variant: 'ncps-keras', mode: 'pure' }),
  ltc: ltc({ wiring }),
  'ltc, all to all': ltc({ units: 4 }),
  'ltc, explicit': ltc({ wiring, positivity: 'explicit', odeUnfolds: 3, epsilon: 1e-3 }),
  'ltc, keras': ltc({ wiring, variant: 'ncps-keras' }),
  'ltc, maps': ltc({ wiring: fullyConnected(5, { outputs: 2 }), inputMapping: 'none', outputMapping: 'linear' }),
  'ltc, memory': ltc({ wiring, mixedMemory: true }),
};

/** Irregular numbers between −1 and 1. */
const numbers = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(1.7 * (i + 1) + 0.1 * i * (i % 97)));
const times = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => 0.2 + 0.3 * (i % 4));

describe.skipIf(python === undefined)(
  python === undefined ? 'PyTorch (no Python with torch and numpy; RHEO_PYTHON names one)' : `PyTorch of ${python}`,
  () => {
    let folder: string;
    let differences: Readonly<Record<string, number>>;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'rheo-torch-'));
      const cases: unknown[] = [];
      const add = async (
        name: string,
        bytes: Uint8Array,
        config: unknown,
        arrays: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>,
      ): Promise<void> => {
        await writeFile(join(folder, name), bytes);
        const files = Object.keys(arrays).map((key) => [key, `${name}.${key}.npy`]);
        for (const [key, { shape, data }] of Object.entries(arrays)) {
          await writeFile(join(folder, `${name}.${key}.npy`), writeNpy({ dtype: 'f32', shape, data }));
        }
        cases.push({ file: name, config, ...Object.fromEntries(files) });
      };
      for (const name of originals) {
        const side = sidecar(name);
        const values = array(side.input);
        const dt = array(side.timespans ?? []).data;
        await add(name, fixture(`${name}.pt`), side, {
          values,
          times: { shape: values.shape.slice(0, 2), data: dt },
          outputs: array(side.output),
        });
      }
      const backend = referenceBackend({ precision: 'double' });
      for (const [name, model] of Object.entries(models)) {
        const parameters = initialise(model, { features, seed: 5 });
        const { bytes, config } = exportTorch(model, parameters, { features });
        const values = { shape: [batch, time, features], data: numbers(batch * time * features) };
        const dt = { shape: [batch, time], data: times(batch * time) };
        const { outputs } = await predict(model, parameters, backend, {
          values: floatArray(values.data, values.shape),
          dt: floatArray(dt.data, dt.shape),
        });
        const { shape, data } = outputs;
        await add(name, bytes, config, { values, times: dt, outputs: { shape, data: Float32Array.from(data) } });
      }
      await writeFile(join(folder, 'outputs.json'), JSON.stringify(cases));
      const { stdout } = await run(python ?? '', [script, folder]);
      differences = JSON.parse(stdout);
    }, 180_000);
    afterAll(() => rm(folder, { recursive: true }));

    it.each(originals)('the modules compute what the original computed: %s', (name) => {
      expect(differences[name]).toBeLessThan(1e-5);
    });

    it.each(Object.keys(models))('%s', (name) => {
      expect(differences[name]).toBeLessThan(1e-5);
    });
  },
);
