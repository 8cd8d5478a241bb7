/**
 * Files that are cut off, damaged or made to harm: a typed error, in bounded time, and no code of theirs is run.
 */

import { readZip, writeZip } from '@rheo/data';
import { isRheoError } from '@rheo/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImportConfig } from '../src/index.ts';
import { importNcps } from '../src/index.ts';
import { fixture, sidecar } from './fixture.ts';
import { writeHdf5 } from './hdf5-writer.ts';

const torch = sidecar('torch_ltc_autoncp');
const keras = sidecar('keras_ltc_autoncp');

/** The message of the typed error; fails for success and for any other error. */
function refusal(bytes: Uint8Array, config: ImportConfig = torch): string {
  try {
    importNcps({ name: 'file', bytes }, config);
  } catch (error) {
    if (isRheoError(error)) return error.message;
    throw error;
  }
  throw new Error('the file was imported');
}

/** Imports, or is refused with a typed error. */
function survives(bytes: Uint8Array, config: ImportConfig): boolean {
  try {
    importNcps({ name: 'file', bytes }, config);
  } catch (error) {
    if (!isRheoError(error)) throw error;
  }
  return true;
}

/** An archive as torch.save makes it, with this pickle. */
function torchFile(pickle: Uint8Array, others: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  const entries = { 'data.pkl': pickle, ...others };
  return writeZip(Object.entries(entries).map(([name, data]) => ({ name: `archive/${name}`, data })));
}

/** Texts are bytes of the same code. */
function bytes(...parts: readonly (string | number)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part].map((c) => c.charCodeAt(0)))),
  );
}

const flipped = (original: Uint8Array, at: number, value: number): Uint8Array => {
  const copy = new Uint8Array(original);
  copy[at % copy.length] = value;
  return copy;
};

describe('pickle', () => {
  const state = readZip(fixture('torch_ltc_autoncp.pt'));
  const [first] = state;
  const folder = first?.name.split('/')[0] ?? '';
  const withPickle = (change: (pickle: Uint8Array) => Uint8Array): Uint8Array =>
    writeZip(state.map(({ name, data }) => ({ name, data: name === `${folder}/data.pkl` ? change(data) : data })));

  test.each([
    ['os.system', bytes(0x80, 2, 'cos\nsystem\n', 'X', 2, 0, 0, 0, 'ls', 0x85, 'R.')],
    ['builtins.eval', bytes(0x80, 4, 0x8c, 8, 'builtins', 0x8c, 4, 'eval', 0x93, 0x8c, 1, '1', 0x85, 'R.')],
    ['ncps.torch.cfc.CfC', bytes(0x80, 2, 'cncps.torch.cfc\nCfC\n', ')', 0x81, '}b.')],
    ['torch.load', bytes(0x80, 2, 'ctorch\nload\n)R.')],
    ['torch._utils.__builtins__', bytes(0x80, 2, 'ctorch._utils\n__builtins__\n.')],
  ])('a reference to %s is quoted and not followed', (name, pickle) => {
    expect(refusal(torchFile(pickle))).toContain(`the pickle refers to code: ${name}`);
  });

  test.each([
    ['INST', bytes(0x80, 2, '(ios\nsystem\n.')],
    ['OBJ', bytes(0x80, 2, '(o.')],
    ['NEWOBJ', bytes(0x80, 2, '))', 0x81, '.')],
    ['EXT1', bytes(0x80, 2, 0x82, 1, '.')],
    ['PERSID', bytes(0x80, 2, 'Pid\n.')],
  ])('the opcode %s is not allowed', (_, pickle) => {
    expect(refusal(torchFile(pickle))).toContain('is not allowed');
  });

  test('deep nesting, a list that holds itself, and a stack that runs dry', () => {
    const deep = bytes(0x80, 2, ']'.repeat(20_000), 'a'.repeat(19_999), '.');
    expect(refusal(torchFile(deep))).toContain('nested more than 64 deep');
    expect(refusal(torchFile(bytes(0x80, 2, ']q', 0, 'h', 0, 'a.')))).toContain('nested more than 64 deep');
    expect(refusal(torchFile(bytes(0x80, 2, 'a.')))).toContain('a value is missing');
    expect(refusal(torchFile(bytes(0x80, 2, 'R.')))).toContain('a value is missing');
    expect(refusal(torchFile(bytes(0x80, 2, 'h', 7, '.')))).toContain('value 7');
  });

  test('a size beyond the file', () => {
    const huge = bytes(0x80, 4, 0x8d, 255, 255, 255, 255, 255, 255, 255, 63);
    expect(refusal(torchFile(huge))).toContain('cut off');
  });

  test('a tensor that would be larger than its storage', () => {
    const storage = bytes(
      '(X',
      7,
      0,
      0,
      0,
      'storage',
      'ctorch\nFloatStorage\n',
      'X',
      1,
      0,
      0,
      0,
      '0',
      'X',
      3,
      0,
      0,
      0,
      'cpu',
      'K',
      1,
      'tQ',
    );
    const tensor = (size: readonly number[], stride: number): Uint8Array =>
      bytes(
        0x80,
        2,
        '}',
        'X',
        5,
        0,
        0,
        0,
        'gleak',
        'ctorch._utils\n_rebuild_tensor_v2\n(',
        ...storage,
        'K',
        0,
        'J',
        ...size,
        0x85,
        'K',
        stride,
        0x85,
        0x89,
        'NtRs.',
      );
    const data = { 'data/0': new Uint8Array(4) };
    expect(refusal(torchFile(tensor([255, 255, 255, 127], 0), data))).toContain('does not fit its storage');
    expect(refusal(torchFile(tensor([2, 0, 0, 0], 1), data))).toContain('does not fit its storage');
    expect(refusal(torchFile(tensor([255, 255, 255, 255], 1), data))).toContain('no natural numbers');
    expect(refusal(torchFile(tensor([1, 0, 0, 0], 1)))).toContain('the storage of a tensor is missing');
  });

  test('cut off anywhere', () => {
    const whole = fixture('torch_ltc_autoncp.pt');
    for (let end = 0; end < whole.length; end += 97) refusal(whole.subarray(0, end));
    const length = state.find(({ name }) => name.endsWith('data.pkl'))?.data.length ?? 0;
    for (let end = 0; end < length; end += 7) refusal(withPickle((pickle) => pickle.subarray(0, end)));
  });

  test('any byte changed: imported or refused, never another failure', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(255), (at, value) =>
        survives(
          withPickle((pickle) => flipped(pickle, at, value)),
          torch,
        ),
      ),
      { numRuns: 300 },
    );
  });

  test('an archive whose headers lie is refused', () => {
    const whole = new Uint8Array(fixture('torch_cfc_default.pt'));
    const directory = whole.findLastIndex((byte, at) => byte === 0x50 && whole[at + 1] === 0x4b && whole[at + 2] === 1);
    whole[directory + 24] = 255;
    refusal(whole);
  });
});

describe('HDF5', () => {
  const inner =
    readZip(fixture('keras_ltc_autoncp.keras')).find(({ name }) => name.endsWith('.h5'))?.data ?? new Uint8Array();

  test('cut off anywhere', () => {
    for (let end = 8; end < inner.length - 2048; end += 509) refusal(inner.subarray(0, end), keras);
  });

  test('any byte changed: imported or refused, never another failure', () => {
    fc.assert(
      fc.property(fc.nat(inner.length - 1), fc.nat(255), (at, value) => survives(flipped(inner, at, value), keras)),
      { numRuns: 300 },
    );
  });

  test('tables that name each other, objects with two names, nesting without end', () => {
    const good = writeHdf5({ layers: { ltc: { vars: {} } } });
    const view = new DataView(good.buffer);
    // The root group's table of members leads to the root itself.
    const node = findText(good, 'SNOD', -1);
    view.setBigUint64(node + 16, view.getBigUint64(64, true), true);
    expect(refusal(good, keras)).toContain('two names lead to one object');

    let deep: object = {};
    for (let i = 0; i < 50; i++) deep = { g: deep };
    expect(refusal(writeHdf5(deep as never), keras)).toContain('nested more than 32 deep');
  });

  test('a tree whose tables each list one table thousands of times', () => {
    const good = writeHdf5({ layers: {} });
    const [entries, levels] = [2000, 4];
    const bytesOfNode = 32 + 16 * entries;
    const start = 8 * Math.ceil(good.length / 8);
    const file = new Uint8Array(start + levels * bytesOfNode);
    file.set(good);
    const view = new DataView(file.buffer);
    const names = findText(file, 'SNOD', -1);
    for (let level = levels - 1; level >= 0; level--) {
      const at = start + (levels - 1 - level) * bytesOfNode;
      file.set(
        [...'TREE'].map((c) => c.charCodeAt(0)),
        at,
      );
      file[at + 5] = level;
      view.setUint16(at + 6, entries, true);
      const child = level === 0 ? names : at + bytesOfNode;
      for (let i = 0; i < entries; i++) view.setBigUint64(at + 32 + 16 * i, BigInt(child), true);
    }
    // The root group's message names its tree.
    const root = Number(view.getBigUint64(64, true));
    view.setBigUint64(root + 24, BigInt(start), true);
    expect(refusal(file, keras)).toContain('refer to each other or to themselves');
  });

  test('an array larger than the file, and a superblock of another version', () => {
    const good = writeHdf5({ layers: { dense: { vars: { 0: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] } } } } });
    const size = findText(good, String.fromCharCode(1, 2, 0, 0), 0) + 8;
    new DataView(good.buffer).setUint32(size, 0x7fff_ffff, true);
    expect(refusal(good, keras)).toContain('larger than the file');
    expect(refusal(flipped(good, 8, 3), keras)).toContain('superblock');
  });
});

/** The first (or, with -1, the last) place of a text. */
function findText(file: Uint8Array, text: string, from: 0 | -1): number {
  const fits = (at: number): boolean => [...text].every((c, i) => file[at + i] === c.charCodeAt(0));
  const places = Array.from(file, (_, at) => at).filter(fits);
  return places.at(from) ?? -1;
}
