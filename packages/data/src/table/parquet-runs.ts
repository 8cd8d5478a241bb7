/**
 * Runs of the hybrid of run-length encoding and bit packing, walked without decoding: what they would make is bounded before
 * anything is made. hyparquet believes the length of a run, however long.
 */

/** Bytes and where reading stands. */
export interface ByteReader {
  readonly bytes: Uint8Array;
  offset: number;
}

/** Writers fill up the last run; more than this beyond the values is no filling. */
const filling = 1024;

/** An unsigned varint of at most 32 bits. Throws beyond that and at the end of the bytes. */
export function readVarint(reader: ByteReader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = nextByte(reader);
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) {
      if (value >= 2 ** 32) break;
      return value;
    }
  }
  throw new Error('a number of more than 32 bits');
}

/** The next byte. Throws at the end. */
export function nextByte(reader: ByteReader): number {
  const byte = reader.bytes[reader.offset++];
  if (byte === undefined) throw new Error('the page ends too early');
  return byte;
}

/**
 * Walks runs of `width` bits until `count` values have been seen, and gives the number of those that are 1 where the width is
 * 1. Throws for runs that are longer than what is left, and where the bytes end.
 */
export function walkRuns(reader: ByteReader, width: number, count: number): number {
  let ones = 0;
  for (let seen = 0; seen < count; ) {
    const header = readVarint(reader);
    const left = count - seen;
    if (header % 2 === 1) {
      const groups = Math.floor(header / 2);
      const packed = groups * width;
      // The last bytes may be left out, as no value is in them.
      if (groups * 8 > left + filling) throw new Error(`a run of ${groups * 8} for ${left} values`);
      if (width === 1) ones += onesIn(reader.bytes, reader.offset, Math.min(groups * 8, left));
      reader.offset += packed;
      seen += groups * 8;
    } else {
      const length = Math.floor(header / 2);
      if (length > left + filling) throw new Error(`a run of ${length} for ${left} values`);
      const value = nextByte(reader);
      reader.offset += Math.ceil(width / 8) - 1;
      if (value === 1) ones += Math.min(length, left);
      seen += length;
    }
  }
  return ones;
}

/** Bits of a byte that are 1. */
const onesOf = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

function onesIn(bytes: Uint8Array, from: number, bits: number): number {
  const whole = bits >> 3;
  let ones = 0;
  for (let at = from; at < from + whole; at++) ones += onesOf[bytes[at] ?? 0] ?? 0;
  return ones + (onesOf[(bytes[from + whole] ?? 0) & (2 ** (bits & 7) - 1)] ?? 0);
}
