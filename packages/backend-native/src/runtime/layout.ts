/**
 * What a built Program needs to run besides its object: where its buffers lie, and the types that go in and come out.
 *
 * Plain data, so that it can be kept on disk beside the object, and the next process has both without compiling.
 */

import type { Lowered, MemoryPlan, Signature, Spans } from '@rheo/compiler';
import { signatureOf, spansOf } from '@rheo/compiler';
import type { Program } from '@rheo/ir';

/** Words that are written into the workspace when it is made. */
export interface Constant {
  /** In bytes. */
  readonly offset: number;
  readonly words: Int32Array<ArrayBuffer>;
}

/** See the head of this file. */
export interface Layout {
  readonly signature: Signature;
  /** Entries of the table of addresses that are buffers' own. */
  readonly buffers: number;
  /** Entry of each input and of each result; undefined for what the kernels do not touch. */
  readonly inputs: readonly (number | undefined)[];
  readonly results: readonly (number | undefined)[];
  /** Entries that point into the workspace, with their offsets in bytes. */
  readonly places: readonly (readonly [entry: number, offset: number])[];
  readonly constants: readonly Constant[];
  /** Bytes of the workspace, and where the part begins that every thread needs for itself. */
  readonly bytes: number;
  readonly privateFrom: number;
  /** When inputs are read and results written. */
  readonly spans: Spans;
}

/** The layout of a Program that was lowered and has its memory planned. */
export function layoutOf(program: Program, lowered: Lowered, { offsets, bytes, privateFrom }: MemoryPlan): Layout {
  const { buffers } = lowered;
  const signature = signatureOf(program);
  const entries = (kind: 'input' | 'result', count: number): (number | undefined)[] => {
    const ids = new Map(buffers.filter((buffer) => buffer.kind === kind).map(({ index = 0, id }) => [index, id]));
    return Array.from({ length: count }, (_, index) => ids.get(index));
  };
  const constants: Constant[] = [];
  const places: [number, number][] = [];
  for (const { id, kind, dtype, data } of buffers) {
    const offset = offsets[id];
    if (kind === 'input' || kind === 'result' || offset === undefined) continue;
    places.push([id, offset]);
    if (kind === 'constant' && data !== undefined) constants.push({ offset, words: wordsOf(dtype, data) });
  }
  return {
    signature,
    buffers: buffers.length,
    inputs: entries('input', signature.inputs.length),
    results: entries('result', signature.results.length),
    places,
    constants,
    bytes,
    privateFrom,
    spans: spansOf(lowered),
  };
}

/** Elements as they lie in memory; bool is a mask. */
function wordsOf(dtype: string, data: readonly number[]): Int32Array<ArrayBuffer> {
  if (dtype === 'f32') return new Int32Array(Float32Array.from(data).buffer);
  return dtype === 'bool' ? Int32Array.from(data, (x) => -x) : Int32Array.from(data);
}

/** A layout as one line of text, which `layoutFrom` reads back. */
export function layoutText(layout: Layout): string {
  const constants = layout.constants.map(({ offset, words }) => [offset, Buffer.from(words.buffer).toString('base64')]);
  return JSON.stringify({ ...layout, constants });
}

/** The layout that a text of `layoutText` stands for. */
export function layoutFrom(text: string): Layout {
  const read = JSON.parse(text) as Omit<Layout, 'constants' | 'inputs' | 'results'> & {
    readonly constants: readonly (readonly [number, string])[];
    readonly inputs: readonly (number | null)[];
    readonly results: readonly (number | null)[];
  };
  const constants = read.constants.map(([offset, words]) => {
    const bytes = Uint8Array.from(Buffer.from(words, 'base64'));
    return { offset, words: new Int32Array(bytes.buffer) };
  });
  const entries = (list: readonly (number | null)[]): (number | undefined)[] => list.map((entry) => entry ?? undefined);
  return { ...read, constants, inputs: entries(read.inputs), results: entries(read.results) };
}
