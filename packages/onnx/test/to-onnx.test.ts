/** The written model, read back with the same schema, and run in ONNX Runtime. */
import { fromBinary } from '@bufbuild/protobuf';
import { flattenTree } from '@rheo/core';
import type { Program, TensorData } from '@rheo/ir';
import { allocate, evaluate, ProgramBuilder, parse, resultTypes, tensorType } from '@rheo/ir';
import { cfc, initialise, linear, lstm, ltc, predictProgram, sequential, stepProgram } from '@rheo/layers';
import { optimise } from '@rheo/passes';
import { TensorProto_DataType as DataType, type GraphProto, type ModelProto, ModelProtoSchema } from 'onnx-buf';
import * as runtime from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { toOnnx } from '../src/index.ts';

const read = (bytes: Uint8Array): ModelProto & { graph: GraphProto } =>
  fromBinary(ModelProtoSchema, bytes) as ModelProto & { graph: GraphProto };

const small = parse(`program(%0: f32[batch,3] "x", %1: f32[3,2] "kernel") {
  %2: f32[batch,2] = dot(%0, %1) contract=[[1],[0]] batch=[[],[]]
  %3: f32[batch,2] = tanh(%2)
  return %3
}`);

function dimsOf(graph: GraphProto, index: number): (string | number | undefined)[] {
  const type = graph.input[index]?.type?.value;
  const dims = type?.case === 'tensorType' ? (type.value.shape?.dim ?? []) : [];
  return dims.map(({ value }) => (typeof value.value === 'bigint' ? Number(value.value) : value.value));
}

describe('a model', () => {
  it('has the parameters as inputs, and names stay free', () => {
    const { graph, irVersion, opsetImport } = read(toOnnx(small));
    expect([irVersion, opsetImport[0]?.version]).toEqual([8n, 17n]);
    expect(graph.input.map(({ name }) => name)).toEqual(['x', 'kernel']);
    expect(dimsOf(graph, 0)).toEqual(['batch', 3]);
    expect(graph.output.map(({ name }) => name)).toEqual(['output_0']);
  });

  it('has weights as initialisers, and the names and facts it is given', () => {
    const kernel = Float32Array.of(1, 2, 3, 4, 5, 6);
    const names = { inputs: ['in', 'w'], outputs: ['out'] };
    const model = read(
      toOnnx(small, { weights: new Map([[1, kernel]]), names, metadata: { made: 'here' }, name: 'tiny' }),
    );
    const { graph } = model;
    expect(graph.name).toBe('tiny');
    expect(graph.input.map(({ name }) => name)).toEqual(['in']);
    expect(graph.output.map(({ name }) => name)).toEqual(['out']);
    const stored = graph.initializer.find(({ name }) => name === 'w');
    expect(stored?.dims).toEqual([3n, 2n]);
    expect([...new Float32Array((stored?.rawData ?? new Uint8Array()).slice().buffer)]).toEqual([...kernel]);
    expect(model.metadataProps.map(({ key, value }) => [key, value])).toEqual([['made', 'here']]);
  });

  it('has names that differ, whatever the parameters are called', () => {
    const twins = parse(`program(%0: f32[1] "a", %1: f32[1] "a", %2: f32[1] "output_0", %3: f32[1]) {
  return %3, %2, %1, %0
}`);
    const { graph } = read(toOnnx(twins));
    const all = [...graph.input, ...graph.output].map(({ name }) => name);
    expect(all).toHaveLength(8);
    expect(new Set(all).size).toBe(8);
    expect(all).not.toContain('');
  });

  it('tells the layer of every node', () => {
    const b = new ProgramBuilder();
    const x = b.param(tensorType('f32', [2]), 'x');
    b.metadata = { layer: 'model/0/cfc', name: 'gate' };
    const { graph } = read(toOnnx(b.build([b.plain('tanh', x)])));
    expect(graph.node.map(({ name, docString }) => [name, docString])).toContainEqual([
      'model/0/cfc/gate',
      'layer model/0/cfc',
    ]);
  });

  it('has no loop of length 0, and u32 at its border only', () => {
    const empty = parse(`program(%0: u32[2]) {
  %1: u32[2], %2: u32[0,2] = scan(%0) length=0 reverse=false consts=0 carries=1 body=program(%0: u32[2]) {
    return %0, %0
  }
  return %1, %2
}`);
    const { graph } = read(toOnnx(empty));
    expect(graph.node.some(({ opType }) => opType === 'Scan')).toBe(false);
    const [type] = graph.output.map((output) => output.type?.value);
    expect(type?.case === 'tensorType' ? type.value.elemType : undefined).toBe(DataType.UINT32);
  });
});

describe('what cannot be written', () => {
  const random = parse(`program(%0: u32[2], %1: u32[3]) {
  %2: u32[3] = random_bits(%0, %1, %1) bits=24
  return %2
}`);

  it('is refused with op and remedy', () => {
    expect(() => toOnnx(random)).toThrow(/random_bits.*opset 17.*opset 18/);
    expect(() => toOnnx(random, { opset: 18 })).not.toThrow();
    const doubles = parse('program(%0: f64[3]) {\n  return %0\n}');
    expect(() => toOnnx(doubles)).toThrow(expect.objectContaining({ code: 'capability' }));
    const nowhere = parse('program() {\n  %0: i32[] = dimension() name=time\n  return %0\n}');
    expect(() => toOnnx(nowhere)).toThrow(/"time" is on no input/);
  });

  it('is refused beyond 2 GB, before any of it is copied', () => {
    const large = parse('program(%0: f32[600000000] "table") {\n  %1: f32[600000000] = neg(%0)\n  return %1\n}');
    expect(() => toOnnx(large, { weights: new Map([[0, new Float32Array(0)]]) })).toThrow(
      expect.objectContaining({ code: 'memory' }),
    );
  });

  it('is refused with wrong options', () => {
    expect(() => toOnnx(small, { opset: 11 })).toThrow(/opset 11/);
    expect(() => toOnnx(small, { irVersion: 3 })).toThrow(/irVersion 3/);
    expect(() => toOnnx(small, { names: { inputs: ['a'] } })).toThrow(/1 names for 2 inputs/);
    expect(() => toOnnx(small, { names: { inputs: ['a', 'a'] } })).toThrow(/two of the names are "a"/);
    expect(() => toOnnx(small, { weights: new Map([[7, new Float32Array(1)]]) })).toThrow(/no parameter 7/);
    expect(() => toOnnx(small, { weights: new Map([[1, new Float32Array(1)]]) })).toThrow(/needs 6 elements/);
    expect(() => toOnnx(parse('program(%0: f32[1]) {\n  return\n}'))).toThrow(/at least one result/);
  });
});

const models = {
  cfc: sequential([cfc({ units: 4, backboneUnits: 8 }), linear(2)]),
  'cfc no_gate': sequential([cfc({ units: 4, backboneUnits: 8, mode: 'no_gate' }), linear(2)]),
  'cfc pure': sequential([cfc({ units: 4, backboneUnits: 8, mode: 'pure' }), linear(2)]),
  'cfc, mixed memory': sequential([cfc({ units: 4, backboneUnits: 8, mixedMemory: true }), linear(2)]),
  lstm: sequential([lstm({ units: 4 }), linear(2)]),
  ltc: sequential([ltc({ units: 4 }), linear(2)]),
};

/** Largest difference to the reference, over all results. */
async function difference(
  program: Program,
  weights: ReadonlyMap<number, TensorData>,
  session: runtime.InferenceSession,
  dims: Readonly<Record<string, number>>,
): Promise<number> {
  const inputs = program.params.map(({ type }, index) => {
    const shape = type.shape.map((dim) => (typeof dim === 'string' ? (dims[dim] ?? 0) : dim));
    const count = shape.reduce((product, size) => product * size, 1);
    const data = weights.get(index) ?? allocate(type.dtype, count).map((_, i) => 0.5 + 0.5 * Math.sin(1.3 * i + index));
    return { data, shape };
  });
  const feeds = session.inputNames.map((name) => {
    const input = inputs[program.params.findIndex((param) => param.name === name)];
    return [name, new runtime.Tensor('float32', input?.data as Float32Array, input?.shape ?? [])] as const;
  });
  const found = await session.run(Object.fromEntries(feeds));
  const wanted = evaluate(
    program,
    inputs.map(({ data }) => data),
    { dims },
  );
  let worst = 0;
  wanted.forEach((data, index) => {
    const tensor = found[session.outputNames[index] ?? ''];
    expect(tensor?.dims).toEqual(
      resultTypes(program)[index]?.shape.map((dim) => (typeof dim === 'string' ? dims[dim] : dim)),
    );
    const numbers = tensor?.data as Float32Array;
    data.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - (numbers[i] ?? Number.NaN)));
    });
  });
  return worst;
}

describe.each(Object.entries(models))('%s in ONNX Runtime', (_, model) => {
  const leaves = flattenTree(initialise(model, { features: 3, seed: 5 })).leaves;
  const weights = new Map(leaves.map(({ data }, index) => [index, data as TensorData]));

  it.each([16, 17, 18])('predicts sequences of any batch and length at opset %i', async (opset) => {
    const { program } = predictProgram(model, { features: 3, dt: 'row' });
    const session = await runtime.InferenceSession.create(toOnnx(optimise(program), { opset, weights }));
    const lengths = opset === 17 ? [1, 7, 500] : [1, 7];
    for (const time of lengths) {
      expect(await difference(program, weights, session, { batch: 1 + (time % 4), time })).toBeLessThan(1e-5);
    }
    await session.release();
  });

  it('steps with explicit state', async () => {
    const { program } = stepProgram(model, { features: 3, dt: 'shared', batch: 'batch' });
    const session = await runtime.InferenceSession.create(toOnnx(program, { weights }));
    for (const batch of [1, 5]) expect(await difference(program, weights, session, { batch })).toBeLessThan(1e-5);
    await session.release();
  });
});
