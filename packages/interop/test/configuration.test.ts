/**
 * What the configuration lacks is asked for, and what contradicts the file is named; random tensors come through unchanged.
 */

import { flattenTree } from '@rheo/core';
import type { NdArray } from '@rheo/data';
import { readSafetensors, readZip, writeSafetensors } from '@rheo/data';
import type { RheoError } from '@rheo/ir';
import { isRheoError } from '@rheo/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImportConfig } from '../src/index.ts';
import { importNcps, wiringOfClass } from '../src/index.ts';
import { fixture, sidecar } from './fixture.ts';

const cfc = sidecar('torch_cfc_mixed');

function refusal(bytes: Uint8Array, config: ImportConfig): RheoError {
  try {
    importNcps({ name: 'model.safetensors', bytes }, config);
  } catch (error) {
    if (isRheoError(error)) return error;
    throw error;
  }
  throw new Error('the file was imported');
}

/** The tensors of the fixture, changed. */
function changed(change: (tensors: Map<string, NdArray>) => void): Uint8Array {
  const { tensors } = readSafetensors(new Uint8Array(fixture('torch_cfc_mixed.safetensors')));
  change(tensors);
  return writeSafetensors(tensors);
}

const f32 = (shape: readonly number[], value = 0): NdArray => ({
  dtype: 'f32',
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value),
});

describe('questions', () => {
  const whole = fixture('torch_cfc_mixed.safetensors');

  test('everything that is missing is asked for at once, with its choices', () => {
    const { code, message } = refusal(whole, {});
    expect(code).toBe('argument');
    expect(message).toContain('framework ("ncps.torch", "official.torch")');
    expect(message).toContain('activation ("lecun_tanh", "relu"');
    expect(message).toContain('mode ("default", "no_gate", "pure"; the original\'s default is "default")');
    const ltc = refusal(fixture('torch_ltc_autoncp.pt'), {}).message;
    for (const name of ['ode_unfolds', 'epsilon', 'implicit_param_constraints']) expect(ltc).toContain(name);
    expect(ltc).not.toContain('wiring (');
  });

  test('arguments may stand beside the framework', () => {
    const config = { framework: 'ncps.torch', activation: 'lecun_tanh', mode: 'default' };
    const imported = importNcps({ name: 'x', bytes: whole }, config);
    expect(imported.parameters).toEqual(importNcps({ name: 'x', bytes: whole }, cfc).parameters);
  });

  test.each<[ImportConfig, string]>([
    [{ ...cfc, framework: 'ncps.keras' }, 'the tensors are those of PyTorch'],
    [{ ...cfc, framework: 'jax' }, 'there is no family "jax"'],
    [{ ...cfc, class: 'LTC' }, 'the tensors are those of a CfC'],
    [{ ...cfc, args: { ...cfc.args, units: 10 } }, 'units is 10 in the configuration, but the file has 9 units'],
    [{ ...cfc, args: { ...cfc.args, input_size: 6 } }, 'input_size is 6'],
    [{ ...cfc, args: { ...cfc.args, mixed_memory: false } }, 'the file has the LSTM'],
    [{ ...cfc, args: { ...cfc.args, mode: 'pure' } }, 'no A and w_tau'],
    [{ ...cfc, args: { ...cfc.args, activation: 'swoosh' } }, 'activation is "swoosh"'],
    [{ ...cfc, args: [] as never }, 'args is no object'],
    [{ ...cfc, prefix: 'other.' }, 'nothing begins with other.'],
  ])('a configuration that is wrong: %#', (config, text) => {
    const error = refusal(whole, config);
    expect(error.message).toContain(text);
    expect(error.details.remedy).toBeTruthy();
  });

  test('weights of Keras have no masks: the wiring is asked for, and one of another seed is told by the potentials', () => {
    const { wiring: _, ...side } = sidecar('keras_ltc_autoncp');
    const inner = readZip(fixture('keras_ltc_autoncp.keras')).find(({ name }) => name.endsWith('.h5'));
    const bytes = inner?.data ?? new Uint8Array();
    expect(refusal(bytes, side).message).toContain('wiring ({ class, args }');
    const wiring = { class: 'AutoNCP', args: { units: 19, output_size: 4, seed: 8 } };
    expect(refusal(bytes, { ...side, wiring }).message).toContain('the wiring is not that of the file');
    expect(refusal(bytes, { ...side, wiring: { class: 'Star', args: {} } }).message).toContain(
      'there is no wiring "Star"',
    );
    expect(() => wiringOfClass('Nothing', {})).toThrow('The classes of ncps are');
  });
});

describe('tensors', () => {
  test.each([
    [
      'missing',
      (t: Map<string, NdArray>) => t.delete('rnn_cell.time_a.bias'),
      'tensors are missing: rnn_cell.time_a.bias',
    ],
    [
      'extra',
      (t: Map<string, NdArray>) => t.set('head.weight', f32([2, 2])),
      'belong to no part of the model: head.weight',
    ],
    [
      'shape',
      (t: Map<string, NdArray>) => t.set('rnn_cell.ff2.weight', f32([9, 7])),
      'rnn_cell.ff2.weight should be [9, 8]',
    ],
    [
      'transposed',
      (t: Map<string, NdArray>) => t.set('rnn_cell.ff2.weight', f32([8, 9])),
      'rnn_cell.ff2.weight should be [9, 8]',
    ],
    ['scalar', (t: Map<string, NdArray>) => t.set('rnn_cell.ff1.bias', f32([])), 'too few axes'],
    ['empty', (t: Map<string, NdArray>) => t.set('rnn_cell.ff1.bias', f32([0])), 'is empty'],
    [
      'infinite',
      (t: Map<string, NdArray>) => t.set('rnn_cell.ff2.bias', f32([9], Number.NaN)),
      'element 0 of rnn_cell.ff2.bias is NaN',
    ],
    ['other', (t: Map<string, NdArray>) => t.clear(), 'it has no CfC or LTC'],
  ])('%s', (_, change, text) => {
    expect(
      refusal(
        changed((tensors) => void change(tensors)),
        cfc,
      ).message,
    ).toContain(text);
  });

  test('an integer that float32 cannot hold', () => {
    const data = BigInt64Array.from({ length: 9 }, () => 16_777_217n);
    const bytes = changed((tensors) => tensors.set('rnn_cell.ff2.bias', { dtype: 'i64', shape: [9], data }));
    expect(refusal(bytes, cfc).message).toContain('16777217');
  });

  test('random tensors of random models come through unchanged, transposed', () => {
    const size = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        size,
        size,
        size,
        fc.integer({ min: 0, max: 3 }),
        fc.infiniteStream(fc.float({ noNaN: true, noDefaultInfinity: true })),
        (inputs, units, width, layers, numbers) => {
          const tensors = new Map<string, NdArray>();
          const put = (name: string, out: number, into: number): void => {
            for (const [leaf, shape] of [
              ['weight', [out, into]],
              ['bias', [out]],
            ] as const) {
              const count = shape.reduce((product: number, n) => product * n, 1);
              const data = Float32Array.from({ length: count }, () => numbers.next().value ?? 0);
              tensors.set(`${name}.${leaf}`, { dtype: 'f32', shape, data });
            }
          };
          for (let i = 0; i < layers; i++) put(`rnn_cell.backbone.${2 * i}`, width, i === 0 ? inputs + units : width);
          for (const head of ['ff1', 'ff2', 'time_a', 'time_b']) {
            put(`rnn_cell.${head}`, units, layers === 0 ? inputs + units : width);
          }
          const { parameters, features } = importNcps(
            { name: 'x', bytes: writeSafetensors(tensors) },
            { framework: 'ncps.torch', class: 'CfC', args: {} },
          );
          expect(features).toBe(inputs);
          const { leaves, paths } = flattenTree(parameters);
          expect(leaves).toHaveLength(tensors.size);
          for (const [name, { shape, data }] of tensors) {
            const path = name
              .replace('rnn_cell.', '0/')
              .replace(/backbone\.(\d+)/, (_, index) => `backbone/${Number(index) / 2}`)
              .replace('.weight', '/kernel')
              .replace('.bias', '/bias');
            const [out = 0, into = 0] = shape;
            const expected = path.endsWith('bias')
              ? data
              : Float32Array.from({ length: data.length }, (_, at) =>
                  Number(data[(at % out) * into + Math.floor(at / out)]),
                );
            expect(leaves[paths.indexOf(path)]?.data).toEqual(expected);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
