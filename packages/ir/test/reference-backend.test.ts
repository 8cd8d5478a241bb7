import { describe, expect, test } from 'vitest';
import type { DeviceTensor, SyncBackend, SyncExecutable, TensorData, TensorType } from '../src/index.ts';
import { parse, referenceBackend, tensorType } from '../src/index.ts';

const step = parse(`
program(%0: f32[n] "h", %1: f32[n] "x", %2: f32[] "scale") {
  %3: f32[n] = broadcast(%2) shape=[n] axes=[]
  %4: f32[n] = mul(%1, %3)
  %5: f32[n] = add(%0, %4)
  return %5, %0
}`);
const vector = (n: number): TensorType => tensorType('f32', [n]);

async function start(options: Parameters<SyncBackend['compile']>[1] = {}): Promise<{
  backend: SyncBackend;
  executable: SyncExecutable;
  put: (...values: number[]) => DeviceTensor;
  inputs: () => DeviceTensor[];
}> {
  const backend = referenceBackend();
  const put = (...values: number[]): DeviceTensor => backend.upload(Float32Array.from(values), vector(values.length));
  const inputs = (): DeviceTensor[] => [put(1, 2), put(3, 4), backend.upload(Float32Array.of(10), tensorType('f32'))];
  return { backend, executable: await backend.compile(step, options), put, inputs };
}

const failsWith = (code: string): unknown => expect.objectContaining({ name: 'RheoError', code });

describe('running', () => {
  test('gives fresh handles with concrete types', async () => {
    const { backend, executable, inputs } = await start();
    expect(executable.inputs).toEqual([tensorType('f32', ['n']), tensorType('f32', ['n']), tensorType('f32')]);
    const [sum, same] = executable.run(inputs()) as [DeviceTensor, DeviceTensor];
    expect([sum.type, same.type]).toEqual([vector(2), vector(2)]);
    expect(await backend.read(sum)).toEqual(Float32Array.of(31, 42));
    expect(backend.readSync(same)).toEqual(Float32Array.of(1, 2));
    expect(backend.liveTensors).toBe(5);
  });

  test('results never alias inputs, and upload and read copy', async () => {
    const { backend, executable, inputs } = await start();
    const [h, x, scale] = inputs() as [DeviceTensor, DeviceTensor, DeviceTensor];
    const [, same] = executable.run([h, x, scale]) as [DeviceTensor, DeviceTensor];
    executable.runInto([x, x, scale], [h, x]);
    expect(backend.readSync(same)).toEqual(Float32Array.of(1, 2));
    const data = Float64Array.of(1);
    const handle = backend.upload(data, tensorType('f64', [1]));
    data[0] = 9;
    (backend.readSync(handle) as Float64Array)[0] = 8;
    expect(backend.readSync(handle)).toEqual(Float64Array.of(1));
    expect(backend.readSync(handle, data)).toBe(data);
    expect(data[0]).toBe(1);
  });

  test('keeps every digit of f32 between runs, or rounds each result', async () => {
    const tenth = parse('program() { %0: f32[] = constant() dtype=f32 shape=[] value=[0.1] return %0 }');
    const wide = parse('program(%0: f32[]) { %1: f64[] = convert(%0) to=f64 return %1 }');
    for (const [precision, expected] of [
      ['double', 0.1],
      ['single', Math.fround(0.1)],
    ] as const) {
      const backend = referenceBackend({ precision });
      const values = (await backend.compile(tenth)).run([]);
      const [result] = (await backend.compile(wide)).run(values);
      expect(backend.readSync(result as DeviceTensor)).toEqual(Float64Array.of(expected));
    }
  });

  test('dims of compile bind names in the types', async () => {
    const { executable, put, inputs } = await start({ dims: { n: 2 } });
    expect(executable.results).toEqual([vector(2), vector(2)]);
    expect(() => executable.run([put(1), put(1), ...inputs().slice(2)])).toThrow(failsWith('shape'));
  });
});

describe('what is wrong is thrown before anything runs', () => {
  test('counts, types and sizes that differ', async () => {
    const { backend, executable, put, inputs } = await start();
    const [h, x, scale] = inputs() as [DeviceTensor, DeviceTensor, DeviceTensor];
    expect(() => executable.run([h, x])).toThrow(failsWith('argument'));
    expect(() => executable.run([h, x, x])).toThrow(failsWith('shape'));
    expect(() => executable.run([h, put(1, 2, 3), scale])).toThrow(failsWith('shape'));
    expect(() => executable.run([h, put(1, 2, 3), scale])).toThrow(
      'f32[3] where f32[n] is needed, with n = 2 (input 1 "x")',
    );
    const integer = backend.upload(Int32Array.of(1, 2), tensorType('i32', [2]));
    expect(() => executable.run([h, integer, scale])).toThrow(failsWith('dtype'));
  });

  test('handles of another backend, and ended ones', async () => {
    const { backend, executable, inputs } = await start();
    const [h, x, scale] = inputs() as [DeviceTensor, DeviceTensor, DeviceTensor];
    const foreign = referenceBackend().upload(Float32Array.of(1, 2), vector(2));
    expect(() => executable.run([h, foreign, scale])).toThrow(failsWith('backend'));
    expect(() => executable.run([h, { type: vector(2), dispose: () => {} }, scale])).toThrow(failsWith('backend'));
    expect(() => backend.readSync(foreign)).toThrow(failsWith('backend'));
    x.dispose();
    x.dispose();
    expect(() => executable.run([h, x, scale])).toThrow(failsWith('disposed'));
    await expect(backend.read(x)).rejects.toThrow(failsWith('disposed'));
    expect(backend.liveTensors).toBe(2);
  });

  test('Programs, donations, dims and data', async () => {
    const { backend } = await start();
    await expect(backend.compile({ params: [], instructions: [], results: [0] })).rejects.toThrow(failsWith('program'));
    await expect(backend.compile(step, { donate: [3] })).rejects.toThrow(failsWith('argument'));
    await expect(backend.compile(step, { dims: { n: 0.5 } })).rejects.toThrow(failsWith('argument'));
    const most = parse('program(%0: f32[n]) { %1: f32[] = reduce_max(%0) axes=[0] return %1 }');
    await expect(backend.compile(most, { dims: { n: 0 } })).rejects.toThrow(failsWith('shape'));
    const free = await backend.compile(most);
    const empty = backend.upload(new Float32Array(0), vector(0));
    expect(() => free.run([empty])).toThrow(failsWith('shape'));
    expect(() => backend.upload(Float32Array.of(1), vector(2))).toThrow(failsWith('shape'));
    expect(() => backend.upload(Float64Array.of(1), vector(1))).toThrow(failsWith('dtype'));
    expect(() => backend.upload(Float32Array.of(1), tensorType('f32', ['n']))).toThrow(failsWith('shape'));
    expect(() => backend.readSync(empty, new Float32Array(1))).toThrow(failsWith('shape'));
  });
});

describe('donation', () => {
  test('ends the input when run returns', async () => {
    const { backend, executable, inputs } = await start({ donate: [0] });
    const [h, x, scale] = inputs() as [DeviceTensor, DeviceTensor, DeviceTensor];
    const [sum] = executable.run([h, x, scale]) as [DeviceTensor];
    expect(() => backend.readSync(h)).toThrow(failsWith('disposed'));
    expect(() => executable.run([h, x, scale])).toThrow(failsWith('disposed'));
    expect(backend.readSync(sum)).toEqual(Float32Array.of(31, 42));
    expect(backend.liveTensors).toBe(4);
  });

  test('of a handle that is passed twice is refused, and nothing is lost', async () => {
    const { backend, executable, inputs } = await start({ donate: [1] });
    const [h, , scale] = inputs() as [DeviceTensor, DeviceTensor, DeviceTensor];
    expect(() => executable.run([h, h, scale])).toThrow(failsWith('argument'));
    expect(() => executable.run([h, scale, scale])).toThrow(failsWith('argument'));
    expect(backend.readSync(h)).toEqual(Float32Array.of(1, 2));
  });
});

describe('a run that fails', () => {
  const huge = parse(`
program(%0: f32[2], %1: f32[n]) {
  %2: f32[n,n,n] = broadcast(%1) shape=[n,n,n] axes=[0]
  %3: f32[2] = neg(%0)
  return %2, %3
}`);

  test('poisons its results and what is fed by them, and still takes what was donated', async () => {
    const { backend, put } = await start();
    const executable = await backend.compile(huge, { donate: [0] });
    const [a, b] = [put(1, 2), backend.upload(new Float32Array(1 << 12), vector(1 << 12))];
    const [cube, negated] = executable.run([a, b]) as [DeviceTensor, DeviceTensor];
    expect(() => backend.readSync(cube)).toThrow(failsWith('memory'));
    await expect(backend.read(negated)).rejects.toThrow(failsWith('memory'));
    expect(() => backend.readSync(a)).toThrow(failsWith('disposed'));
    expect(backend.readSync(b)).toHaveLength(1 << 12);

    const negate = await backend.compile(parse('program(%0: f32[2]) { %1: f32[2] = neg(%0) return %1 }'));
    const [again] = negate.run([negated]) as [DeviceTensor];
    const failure = (tensor: DeviceTensor): unknown => {
      try {
        return backend.readSync(tensor);
      } catch (error) {
        return error;
      }
    };
    expect(failure(again)).toBe(failure(cube));
    expect(() => negate.runInto([negated], [put(0, 0)])).toThrow(failsWith('memory'));
    expect(() => negate.bind(new Map([[0, negated]]))).toThrow(failsWith('memory'));
    negate.runInto([put(1, 2)], [negated]);
    expect(backend.readSync(negated)).toEqual(Float32Array.of(-1, -2));
  });
});

describe('bind', () => {
  test('fixes inputs as they are now; the others keep their order', async () => {
    const { backend, executable, put, inputs } = await start({ donate: [0, 1] });
    const [, x, scale] = inputs() as [DeviceTensor, DeviceTensor, DeviceTensor];
    const bound = executable.bind(new Map([[1, x]]));
    expect(bound.inputs).toEqual([vector(2), tensorType('f32')]);
    x.dispose();
    const h = put(1, 2);
    expect(backend.readSync(bound.run([h, scale])[0] as DeviceTensor)).toEqual(Float32Array.of(31, 42));
    expect(() => backend.readSync(h)).toThrow(failsWith('disposed'));
    const twice = bound.bind(new Map([[1, scale]]));
    expect(twice.inputs).toEqual([vector(2)]);
    executable.dispose();
    bound.dispose();
    expect(backend.readSync(twice.run([put(0, 0)])[0] as DeviceTensor)).toEqual(Float32Array.of(30, 40));
    expect(() => twice.run([put(0, 0, 0)])).toThrow(failsWith('shape'));
  });

  test('refuses what does not fit', async () => {
    const { executable, put, inputs } = await start();
    const [h] = inputs() as [DeviceTensor];
    expect(() => executable.bind(new Map([[3, h]]))).toThrow(failsWith('argument'));
    expect(() => executable.bind(new Map([[2, h]]))).toThrow(failsWith('shape'));
    expect(() =>
      executable.bind(
        new Map([
          [0, put(1)],
          [1, h],
        ]),
      ),
    ).toThrow(failsWith('shape'));
    h.dispose();
    expect(() => executable.bind(new Map([[0, h]]))).toThrow(failsWith('disposed'));
  });
});

describe('runInto', () => {
  test('takes host arrays or handles, and a handle may be state', async () => {
    const { backend, executable, put, inputs } = await start({ donate: [0] });
    const [h, , scale] = inputs() as [DeviceTensor, DeviceTensor, DeviceTensor];
    const before = new Float32Array(2);
    executable.runInto([h, Float32Array.of(3, 4), scale], [h, before]);
    executable.runInto([h, put(3, 4), Float32Array.of(1)], [h, before]);
    expect(backend.readSync(h)).toEqual(Float32Array.of(34, 46));
    expect(before).toEqual(Float32Array.of(31, 42));
  });

  test('refuses what does not fit, and changes nothing', async () => {
    const { backend, executable, put, inputs } = await start();
    const [h, x, scale] = inputs() as [DeviceTensor, DeviceTensor, DeviceTensor];
    const out = new Float32Array(2);
    const refuse = (code: string, given: (DeviceTensor | TensorData)[], outputs: (DeviceTensor | TensorData)[]): void =>
      expect(() => executable.runInto(given, outputs)).toThrow(failsWith(code));
    refuse('argument', [h, x], [out, h]);
    refuse('argument', [h, x, scale], [out]);
    refuse('argument', [h, x, scale], [h, h]);
    refuse('shape', [h, x, scale], [out, put(1)]);
    refuse('shape', [h, x, scale], [out, new Float32Array(3)]);
    refuse('dtype', [h, x, scale], [out, new Float64Array(2)]);
    refuse('shape', [h, new Float32Array(3), scale], [out, h]);
    refuse('dtype', [h, new Int32Array(2), scale], [out, h]);
    refuse('backend', [h, x, scale], [out, referenceBackend().upload(out, vector(2))]);
    x.dispose();
    refuse('disposed', [h, x, scale], [out, h]);
    refuse('disposed', [h, h, scale], [out, x]);
    expect([backend.readSync(h), out]).toEqual([Float32Array.of(1, 2), new Float32Array(2)]);
  });
});

test('after its end an executable throws', async () => {
  const { executable, inputs } = await start();
  executable.dispose();
  executable.dispose();
  expect(() => executable.run(inputs())).toThrow(failsWith('disposed'));
  expect(() => executable.runInto(inputs(), [])).toThrow(failsWith('disposed'));
  expect(() => executable.bind(new Map())).toThrow(failsWith('disposed'));
});

test('after its end a backend throws, and says that it is gone', async () => {
  const { backend, executable, inputs } = await start();
  const given = inputs();
  await backend.dispose();
  await backend.dispose();
  expect(await backend.lost).toMatchObject({ reason: 'disposed' });
  expect(backend.liveTensors).toBe(0);
  for (const tensor of given) tensor.dispose();
  expect(() => executable.run(given)).toThrow(failsWith('disposed'));
  expect(() => backend.upload(new Float32Array(1), vector(1))).toThrow(failsWith('disposed'));
  expect(() => backend.readSync(given[0] as DeviceTensor)).toThrow(failsWith('disposed'));
  await expect(backend.read(given[0] as DeviceTensor)).rejects.toThrow(failsWith('disposed'));
  await expect(backend.compile(step)).rejects.toThrow(failsWith('disposed'));
});
