/** Sequences whose rows lie on a disk: the windows are in memory, and batches are read through a cache of blocks. */

import { type RowLayout, writeWindow } from '../prepare/row-layout.ts';
import { type RowWindows, windowAt } from '../prepare/row-windows.ts';
import { contentsOf, type TableSequences, tableSequences } from '../prepare/table-sequences.ts';
import { checkIndices, type SequenceBuffers, type SequenceSource } from '../sequence-source.ts';
import type { BlockCache } from './block-cache.ts';
import type { RecordFile } from './record-file.ts';
import type { ScratchFile } from './scratch-space.ts';

/** A block is about so large, and no smaller than a row. */
const usualBlock = 16 << 10;

/** Doubles of a record of where a row comes from. */
export const origin = { time: 0, row: 1, targetRow: 2, known: 3, width: 4 } as const;

/** Sequences on a disk, until what they belong to is disposed. */
export interface StoredSequences extends SequenceSource {
  /** Cells of the group columns of each series. */
  readonly keys: readonly (readonly string[])[];
  gather(indices: Int32Array, into: SequenceBuffers): Promise<void>;
  contents(): AsyncIterable<Float32Array | Int32Array>;
}

/** Sequences to evaluate on, with the way back to the table. */
export interface StoredEvaluation extends StoredSequences {
  /** Some of the sequences as they would be in memory. Errors: `argument`, `file`, `value` (too many). */
  take(indices: Int32Array): Promise<TableSequences>;
}

/** What they are made of. */
export interface StoredParts {
  readonly layout: RowLayout;
  readonly windows: RowWindows;
  readonly file: ScratchFile;
  readonly cache: BlockCache;
  readonly keys: readonly (readonly string[])[];
}

/** See the file. */
export function storedSequences({ layout, windows, file, cache, keys }: StoredParts): StoredSequences {
  const { steps, starts } = windows;
  const count = starts.length;
  const rowBytes = layout.words * Float32Array.BYTES_PER_ELEMENT;
  const rowsPerBlock = Math.max(1, Math.floor(usualBlock / rowBytes));
  const blockBytes = rowsPerBlock * rowBytes;
  // As many windows at a time as the cache has room for.
  const blocksOfWindow = Math.ceil(steps / rowsPerBlock) + 1;
  const together = Math.max(1, Math.floor(cache.limit / 2 / (blocksOfWindow * blockBytes)));

  const gatherSome = async (indices: Int32Array, into: SequenceBuffers, first: number): Promise<void> => {
    const placed = Array.from(indices, (n) => windowAt(windows, n));
    const numbers = new Set(
      placed.flatMap(({ start, length }) => {
        const from = Math.floor(start / rowsPerBlock);
        const to = Math.floor((start + length - 1) / rowsPerBlock);
        return Array.from({ length: to - from + 1 }, (_, i) => from + i);
      }),
    );
    const blocks = await cache.fetch(
      file,
      blockBytes,
      [...numbers].sort((a, b) => a - b),
    );
    const rows = new Float32Array(steps * layout.words);
    placed.forEach(({ start, length }, b) => {
      for (let row = 0; row < length; ) {
        const at = (start + row) % rowsPerBlock;
        const block = blocks.get(Math.floor((start + row) / rowsPerBlock));
        const taken = Math.min(length - row, rowsPerBlock - at);
        if (block !== undefined)
          rows.set(block.subarray(at * layout.words, (at + taken) * layout.words), row * layout.words);
        row += taken;
      }
      writeWindow(layout, rows, 0, length, into, first + b, steps);
    });
  };
  return {
    count,
    steps,
    features: layout.channels,
    targetFeatures: layout.targets,
    at: layout.at,
    padded: starts.some((_, n) => windowAt(windows, n).length < steps),
    keys,
    gather: async (indices, into) => {
      checkIndices(indices, count);
      for (let at = 0; at < indices.length; at += together) {
        await gatherSome(indices.subarray(at, at + together), into, at);
      }
    },
    contents: async function* () {
      yield* contentsOf(layout, windows, []);
      const most = Math.max(1, Math.floor((256 << 10) / rowBytes)) * rowBytes;
      for (let at = 0; at < file.bytes; at += most) {
        const words = new Float32Array(Math.min(most, file.bytes - at) / Float32Array.BYTES_PER_ELEMENT);
        await file.read([new Uint8Array(words.buffer)], at);
        yield words;
      }
    },
  };
}

/** The same with where the rows come from: a record for each. */
export function storedEvaluation(parts: StoredParts, origins: RecordFile): StoredEvaluation {
  const { layout, windows, file, keys } = parts;
  const sequences = storedSequences(parts);
  return {
    ...sequences,
    take: async (indices) => {
      checkIndices(indices, sequences.count);
      const placed = Array.from(indices, (n) => windowAt(windows, n));
      const rows = placed.reduce((sum, { length }) => sum + length, 0);
      const words = new Float32Array(rows * layout.words);
      const records = new Float64Array(rows * origin.width);
      let at = 0;
      for (const { start, length } of placed) {
        const target = words.subarray(at * layout.words, (at + length) * layout.words);
        const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
        await file.read([bytes], start * layout.words * Float32Array.BYTES_PER_ELEMENT);
        await origins.read(start, records.subarray(at * origin.width, (at + length) * origin.width));
        at += length;
      }
      const column = (place: number) => (_: unknown, row: number) => records[row * origin.width + place] ?? 0;
      let end = 0;
      const ends = Int32Array.from(placed, ({ length }) => {
        end += length;
        return end;
      });
      const each = { length: rows };
      const stored = {
        layout,
        words,
        times: Float64Array.from(each, column(origin.time)),
        rows: Int32Array.from(each, column(origin.row)),
        targetRows: Int32Array.from(each, column(origin.targetRow)),
        known: Uint8Array.from(each, column(origin.known)),
      };
      const views: RowWindows = {
        steps: windows.steps,
        starts: ends.map((to, n) => to - (placed[n]?.length ?? 0)),
        ends,
        series: Int32Array.from(placed, ({ series }) => series),
      };
      return tableSequences(stored, views, keys);
    },
  };
}
