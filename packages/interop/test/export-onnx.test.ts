/**
 * Every model as ONNX, sequence and step, on both ONNX Runtimes against the model on wasm; and the files before the
 * checker of Python's onnx package.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fromBinary } from '@bufbuild/protobuf';
import { wasm } from '@rheo/backend-wasm';
import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import type { SyncBackend } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { cfc, floatArray, initialise, linear, predictor, sequential, stream } from '@rheo/layers';
import type { GraphProto, ModelProto } from 'onnx-buf';
import { ModelProtoSchema } from 'onnx-buf';
import * as node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnnxExportOptions } from '../src/index.ts';
import { exportOnnx } from '../src/index.ts';
import { models, observing, sequencesOnly } from './every-model.ts';
import { findPython } from './find-python.ts';

const features = 4;
const sizes = [
  [2, 1],
  [3, 7],
  [1, 500],
] as const;

type Feed = Readonly<Record<string, { readonly data: Float32Array; readonly shape: readonly number[] }>>;
type Engine = typeof node | typeof web;

let backend: SyncBackend;
const files = new Map<string, Uint8Array>();

beforeAll(async () => {
  backend = await wasm();
});
afterAll(async () => {
  await backend.dispose();
});

/** Irregular numbers between −1 and 1. */
function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(1.7 * (i + 1) + 31 * seed + 0.1 * i * (i % 97)));
}

/** Elapsed times, zero among them. */
function times(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (i % 5 === 3 ? 0 : 0.2 + 0.3 * (i % 4)));
}

function seen(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (i % 3 === 1 ? 0 : 1));
}

async function open(engine: Engine, bytes: Uint8Array) {
  const session = await engine.InferenceSession.create(bytes, {
    executionProviders: [engine === node ? 'cpu' : 'wasm'],
  });
  return {
    run: async (feed: Feed) => {
      const tensors = Object.entries(feed).map(([name, { data, shape }]) => [
        name,
        new engine.Tensor('float32', data, [...shape]),
      ]);
      return await session.run(Object.fromEntries(tensors));
    },
    release: () => session.release(),
  };
}

/** Largest difference in units of max(1, |wanted|). */
function far(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length);
  return Math.max(...Array.from(wanted, (x, i) => Math.abs(x - Number(found[i])) / Math.max(1, Math.abs(x))));
}

async function checkSequences(name: string, model: Layer, parameters: Tree<Parameter>, mask: boolean): Promise<void> {
  const masks: OnnxExportOptions = { features };
  const exported = exportOnnx(model, parameters, masks);
  files.set(`${name}, sequence`, exported.bytes);
  const plain = exportOnnx(model, parameters, { ...masks, dt: 'none' });
  files.set(`${name}, sequence without times`, plain.bytes);
  const keeps = predictor(model, parameters, backend);
  for (const engine of [node, web]) {
    const session = await open(engine, exported.bytes);
    for (const [batch, time] of sizes) {
      const values = { data: numbers(batch * time * features, time), shape: [batch, time, features] };
      const dt = { data: times(batch * time), shape: [batch, time] };
      const observed = mask ? { mask: { data: seen(batch * time * features), shape: values.shape } } : {};
      const { outputs, state } = await keeps.predict({
        values: floatArray(values.data, values.shape),
        dt: floatArray(dt.data, dt.shape),
        ...(observed.mask && { mask: floatArray(observed.mask.data, observed.mask.shape) }),
      });
      const results = await session.run({ values, dt, ...observed });
      expect(results['outputs']?.dims).toEqual(outputs.shape);
      expect(far(results['outputs']?.data as Float32Array, outputs.data), `${name}: outputs`).toBeLessThan(1e-5);
      const { leaves, paths } = flattenTree(state);
      leaves.forEach(({ data, shape }, index) => {
        const found = results[`final_state/${paths[index]}`.replace(/\/$/, '')];
        expect(found?.dims).toEqual(shape);
        expect(far(found?.data as Float32Array, data), `${name}: ${paths[index]}`).toBeLessThan(1e-5);
      });
    }
    await session.release();
  }
  keeps.dispose();
}

async function checkSteps(name: string, model: Layer, parameters: Tree<Parameter>, mask: boolean): Promise<void> {
  const masks: OnnxExportOptions = { features, form: 'step' };
  const exported = exportOnnx(model, parameters, masks);
  files.set(`${name}, step`, exported.bytes);
  for (const engine of [node, web]) {
    const session = await open(engine, exported.bytes);
    for (const batch of [1, 3]) {
      const live = await stream(model, parameters, backend, { features, batch, observed: mask });
      const states = exported.inputs.filter(({ name: port }) => port.startsWith('state'));
      let state: Record<string, Feed[string]> = Object.fromEntries(
        states.map(({ name: port, shape }) => {
          const sized = shape.map((dim) => (dim === 'batch' ? batch : Number(dim)));
          return [port, { data: new Float32Array(sized.reduce((a, b) => a * b, 1)), shape: sized }];
        }),
      );
      for (let step = 0; step < 12; step++) {
        const values = { data: numbers(batch * features, step), shape: [batch, features] };
        const dt = { data: times(batch).map((value) => value + (step % 3)), shape: [batch, 1] };
        const observed = mask ? { mask: { data: seen(batch * features), shape: values.shape } } : {};
        const wanted = live.step(values.data, dt.data, observed.mask?.data);
        const results = await session.run({ ...state, values, dt, ...observed });
        expect(far(results['outputs']?.data as Float32Array, wanted), `${name}: step ${step}`).toBeLessThan(1e-5);
        state = Object.fromEntries(
          Object.entries(state).map(([port, { shape }]) => {
            const next = results[`next_${port}`];
            expect(next?.dims).toEqual(shape);
            return [port, { data: next?.data as Float32Array, shape }];
          }),
        );
      }
      live.dispose();
    }
    await session.release();
  }
}

describe('every model, as sequence and as step, with batch and time free', () => {
  it.each(Object.entries({ ...models, ...observing }))('%s', { timeout: 60_000 }, async (name, model) => {
    const parameters = initialise(model, { features, seed: 5 });
    await checkSequences(name, model, parameters, Object.hasOwn(observing, name));
    await checkSteps(name, model, parameters, Object.hasOwn(observing, name));
  });

  it.each(Object.entries(sequencesOnly))('%s', { timeout: 60_000 }, async (name, model) => {
    const parameters = initialise(model, { features, seed: 5 });
    await checkSequences(name, model, parameters, false);
    expect(() => exportOnnx(model, parameters, { features, form: 'step' })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/argument|capability/) }),
    );
  });
});

it('all files pass the checker of ONNX', { timeout: 120_000 }, async (context) => {
  const python = await findPython('onnx');
  if (python === undefined && process.env['RHEO_REQUIRE_ONNX_CHECKER'] === '1') {
    throw new Error('RHEO_REQUIRE_ONNX_CHECKER=1, and no Python has the package onnx: apt-get install python3-onnx');
  }
  if (python === undefined) return context.skip('no Python with the package onnx (apt-get install python3-onnx)');
  const folder = await mkdtemp(join(tmpdir(), 'rheo-onnx-'));
  try {
    const names = [...files.keys()];
    await Promise.all(names.map((name, i) => writeFile(join(folder, `${i}.onnx`), files.get(name) as Uint8Array)));
    const script = [
      'import sys, onnx',
      'for path in sys.argv[1:]:',
      '    onnx.checker.check_model(path, full_check=True)',
      '    model = onnx.load(path)',
      '    assert model.ir_version == 8 and [(o.domain, o.version) for o in model.opset_import] == [("", 17)], path',
      'print(len(sys.argv) - 1)',
    ].join('\n');
    const paths = names.map((_, i) => join(folder, `${i}.onnx`));
    const { stdout } = await promisify(execFile)(python, ['-c', script, ...paths]);
    expect(Number(stdout)).toBe(names.length);
    expect(names.length).toBeGreaterThan(100);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('what a viewer shows', () => {
  it('has the names of parameters, inputs, outputs, and free axes', () => {
    const model = sequential([cfc({ units: 3, backboneUnits: 4 }), linear(2)]);
    const parameters = initialise(model, { features, seed: 1 });
    const exported = exportOnnx(model, parameters, { features, metadata: { author: 'somebody' } });
    const { graph, metadataProps } = fromBinary(ModelProtoSchema, exported.bytes) as ModelProto & { graph: GraphProto };
    expect(exported.inputs).toEqual([
      { name: 'values', shape: ['batch', 'time', 4] },
      { name: 'dt', shape: ['batch', 'time'] },
    ]);
    expect(exported.outputs).toEqual([
      { name: 'outputs', shape: ['batch', 'time', 2] },
      { name: 'final_state/0/h', shape: ['batch', 3] },
    ]);
    expect(graph.input.map(({ name }) => name)).toEqual(['values', 'dt']);
    const stored = graph.initializer.map(({ name }) => name);
    expect(flattenTree(parameters).paths.filter((path) => !stored.includes(path))).toEqual([]);
    expect(graph.node.some(({ name }) => name.includes('cfc') || name.includes('0'))).toBe(true);
    const facts = Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
    expect(facts).toMatchObject({
      rheo_form: 'sequence',
      rheo_dt: 'row',
      rheo_features: '4',
      rheo_default_dt: '1',
      author: 'somebody',
    });
    expect(JSON.parse(facts['rheo_model'] ?? '')).toMatchObject({ format: 'rheo-model', kind: 'sequential' });
  });
});

describe('elapsed times', () => {
  const model = sequential([cfc({ units: 3, backboneUnits: 4 }), linear(1)]);
  it.each([
    ['shared', ['time'], []],
    ['row', ['batch', 'time'], ['batch', 1]],
    ['unit', ['batch', 'time', 3], ['batch', 3]],
  ] as const)('%s', (dt, sequence, step) => {
    const parameters = initialise(model, { features, seed: 1 });
    expect(exportOnnx(model, parameters, { features, dt }).inputs[1]).toEqual({ name: 'dt', shape: sequence });
    expect(exportOnnx(model, parameters, { features, dt, form: 'step' }).inputs.at(-1)?.shape).toEqual(step);
  });

  it('per unit need units, and a step takes no mask of steps', () => {
    const flat = linear(2);
    const parameters = initialise(flat, { features, seed: 1 });
    expect(() => exportOnnx(flat, parameters, { features, dt: 'unit' })).toThrow(/dt/);
    expect(() => exportOnnx(flat, parameters, { features, form: 'step', mask: 'steps' })).toThrow(/mask of steps/);
  });
});
