/** Every wrong input of predict, applySequence and initialise: a typed error that says where. */
import { isRheoError, referenceBackend } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { cfc, floatArray, forwardFill, initialise, linear, predict, sequential } from '../src/index.ts';
import { filled, run, someParameters } from './run-model.ts';

const model = sequential([cfc({ units: 4, backboneUnits: 5 }), linear(1)]);
const parameters = initialise(model, { features: 2, seed: 1 });
const values = floatArray([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [2, 3, 2]);
const zeros = (...shape: number[]) => floatArray(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
const backend = referenceBackend();

async function errorOf(attempt: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await attempt();
  } catch (error) {
    if (isRheoError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'none', message: '' };
}

const nan = { ...values, data: values.data.map((x, index) => (index === 9 ? Number.NaN : x)) };
const cases: Readonly<Record<string, readonly [Record<string, unknown>, string, RegExp]>> = {
  'values of rank 2': [{ values: zeros(3, 2) }, 'shape', /values does not fit.*\[any, any, any\]/],
  'too few numbers': [{ values: { ...values, shape: [2, 3, 3] } }, 'shape', /with 12 numbers. It needs 18/],
  'no values': [{ values: undefined }, 'argument', /values is no array/],
  'values as text': [{ values: { dtype: 'f32', shape: [1, 1, 2], data: ['a', 'b'] } }, 'dtype', /holds a string/],
  'values as big integers': [{ values: { dtype: 'i64', shape: [1, 1, 2], data: [1n, 2n] } }, 'dtype', /holds a bigint/],
  'other features than the parameters': [
    { values: zeros(2, 3, 4) },
    'shape',
    /0\/backbone\/0\/kernel is \[6,5\], not \[8,5\]/,
  ],
  NaN: [{ values: nan }, 'value', /values\[1,1,1\] is NaN/],
  'beyond float32': [
    { values: { ...values, data: Array.from(values.data, () => 1e39) } },
    'value',
    /values\[0,0,0\] is 1e\+39/,
  ],
  'dt of another length': [{ values, dt: zeros(4) }, 'shape', /dt does not fit.*\[3\] or \[2, 3\] or \[2, 3, any\]/],
  'dt per other units': [{ values, dt: zeros(2, 3, 3) }, 'shape', /dt is for 3 units, the layers of the model have 4/],
  'dt below zero': [{ values, dt: floatArray([0, 1, -2, 1, 1, 1], [2, 3]) }, 'value', /dt\[0,2\] is -2/],
  'a negative number as dt': [{ values, dt: -1 }, 'value', /: dt is -1/],
  'dt NaN': [{ values, dt: Number.NaN }, 'value', /dt.* is NaN/],
  'mask of another shape': [{ values, mask: zeros(3, 2) }, 'shape', /mask does not fit/],
  'mask of other numbers': [{ values, mask: floatArray([1, 1, 1, 2, 1, 1], [2, 3]) }, 'value', /mask\[1,0\] is 2/],
  'a mask per feature that nobody reads': [
    { values, mask: zeros(2, 3, 2) },
    'argument',
    /no layer of the model reads one/,
  ],
  'too few lengths': [{ values, lengths: [3] }, 'shape', /1 lengths for 2 rows/],
  'a length beyond time': [{ values, lengths: [3, 4] }, 'value', /lengths\[1\] is 4/],
  'a broken length': [{ values, lengths: [1.5, 2] }, 'value', /lengths\[0\] is 1.5/],
  'a state of another batch': [
    { values, state: [{ h: zeros(3, 4) }, {}] },
    'shape',
    /state 0\/h is f32\[3,4\].*f32\[2,4\]/,
  ],
  'a state that is missing': [{ values, state: [{}, {}] }, 'argument', /state 0\/h is missing/],
  'a state too many': [
    { values, state: [{ h: zeros(2, 4), c: zeros(2, 4) }, {}] },
    'argument',
    /state 0\/c is no part/,
  ],
};

describe('predict refuses', () => {
  it.each(Object.entries(cases))('%s', async (_name, [inputs, code, message]) => {
    const found = await errorOf(() => predict(model, parameters, backend, inputs as never));
    expect(found.code).toBe(code);
    expect(found.message).toMatch(message);
    expect(found.message).toMatch(/^@rheo\/layers: /);
    expect(backend.liveTensors).toBe(0);
  });

  it('parameters of another model', async () => {
    const other = initialise(cfc({ units: 4 }), { features: 2, seed: 1 });
    expect(await errorOf(() => predict(model, other, backend, { values }))).toMatchObject({ code: 'argument' });
    const more = [...(parameters as never[]), { extra: (parameters as never[][])[1] }] as never;
    expect((await errorOf(() => predict(model, more, backend, { values }))).message).toMatch(
      /2\/extra.* is no parameter/,
    );
  });

  it('a mask per feature that is missing', async () => {
    const filling = sequential([forwardFill(), linear(1)]);
    const weights = initialise(filling, { features: 2, seed: 1 });
    expect(await errorOf(() => predict(filling, weights, backend, { values }))).toMatchObject({ code: 'argument' });
  });
});

describe('predict takes', () => {
  it('values that were not observed, whatever they are', async () => {
    const filling = sequential([forwardFill(), linear(1)]);
    const weights = initialise(filling, { features: 2, seed: 1 });
    const mask = floatArray([1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1], [2, 3, 2]);
    const { outputs } = await predict(filling, weights, backend, { values: nan, mask });
    expect(outputs.shape).toEqual([2, 3, 1]);
    expect(outputs.data.every(Number.isFinite)).toBe(true);
  });

  it('parameters in any order of keys', async () => {
    const [cell, head] = parameters as unknown as readonly Record<string, unknown>[];
    const turned = [Object.fromEntries(Object.entries(cell ?? {}).reverse()), head] as never;
    const wanted = await predict(model, parameters, backend, { values });
    expect(await predict(model, turned, backend, { values })).toEqual(wanted);
  });

  it('empty batches and sequences without steps', async () => {
    expect((await predict(model, parameters, backend, { values: zeros(0, 3, 2) })).outputs.shape).toEqual([0, 3, 1]);
    const none = await predict(model, parameters, backend, { values: zeros(2, 0, 2) });
    expect(none.outputs.shape).toEqual([2, 0, 1]);
    expect(none.state).toMatchObject([{ h: { data: new Float32Array(8) } }, {}]);
  });
});

describe('building refuses', () => {
  it('a recurrent layer after one that returns only its last output', async () => {
    const wrong = sequential([cfc({ units: 2, returnSequences: false }), linear(2), cfc({ units: 2 })]);
    const attempt = () => run(wrong, someParameters(wrong, 2), { values: filled([1, 2, 2], 1) });
    const { code, message } = await errorOf(attempt);
    expect(code).toBe('argument');
    expect(message).toMatch(/layer 2: a recurrent layer cannot follow/);
  });

  it('features and seeds that are none', async () => {
    expect(await errorOf(() => initialise(model, { features: 0, seed: 1 }))).toMatchObject({ code: 'argument' });
    expect(await errorOf(() => initialise(model, { features: 2, seed: -1 }))).toMatchObject({ code: 'argument' });
    expect(await errorOf(() => initialise({} as never, { features: 2, seed: 1 }))).toMatchObject({ code: 'argument' });
  });
});
