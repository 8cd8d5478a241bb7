/**
 * Numbers packed as differences (DELTA_BINARY_PACKED), as far as a guard needs them: the header, with which hyparquet can be
 * made to go in circles, and lengths of texts, whose sum is what a page unpacks to.
 */
import { type ByteReader, nextByte, readVarint } from './parquet-runs.ts';

/** More values in a block than any writer packs. */
const mostInBlock = 1 << 20;

interface Blocks {
  readonly miniblocks: number;
  readonly perMiniblock: number;
}

/** Reads the header up to the first value. Throws for sizes of blocks with which nothing is ever reached. */
export function readDeltaHeader(reader: ByteReader): Blocks {
  const block = readVarint(reader);
  const miniblocks = readVarint(reader);
  readVarint(reader);
  const perMiniblock = block / miniblocks;
  if (block > mostInBlock || !Number.isSafeInteger(perMiniblock) || perMiniblock < 1) {
    throw new Error(`blocks of ${block} values in ${miniblocks} parts`);
  }
  return { miniblocks, perMiniblock };
}

/** `count` lengths; the reader then stands behind them. Throws for damage. */
export function readDeltaLengths(reader: ByteReader, count: number): Int32Array {
  const { miniblocks, perMiniblock } = readDeltaHeader(reader);
  const lengths = new Int32Array(count);
  let value = readZigzag(reader);
  lengths[0] = value;
  let at = 1;
  while (at < count) {
    const least = readZigzag(reader);
    const widths = Array.from({ length: miniblocks }, () => nextByte(reader));
    for (let m = 0; m < miniblocks && at < count; m++) {
      const width = widths[m] ?? 0;
      if (width > 32) throw new Error(`differences of ${width} bits`);
      const end = reader.offset + Math.ceil((perMiniblock * width) / 8);
      for (let i = 0; i < perMiniblock && at < count; i++) {
        value = (value + least + bitsAt(reader, i * width, width)) | 0;
        lengths[at++] = value;
      }
      reader.offset = end;
    }
  }
  return lengths;
}

function readZigzag(reader: ByteReader): number {
  const value = readVarint(reader);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** `width` bits from bit `from` on, as a number. */
function bitsAt({ bytes, offset }: ByteReader, from: number, width: number): number {
  let value = 0;
  for (let bit = 0; bit < width; bit++) {
    const at = from + bit;
    value += (((bytes[offset + (at >> 3)] ?? 0) >> (at & 7)) & 1) * 2 ** bit;
  }
  return value;
}
