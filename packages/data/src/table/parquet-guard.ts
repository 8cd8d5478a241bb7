/**
 * Looks at a Parquet file before hyparquet decodes it: a file that was damaged, or made to do harm, must not keep it busy
 * without end or unpack to more than memory holds. Every page is looked at once; nothing is decoded but its levels and lengths.
 *
 * What can be wrong without doing harm is left to hyparquet.
 */
import type { ColumnMetaData, CompressionCodec, Compressors, FileMetaData, PageHeader, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import type { ByteBuffer } from './byte-source.ts';
import { readDeltaHeader, readDeltaLengths } from './parquet-deltas.ts';
import { type ByteReader, nextByte, walkRuns } from './parquet-runs.ts';

/** Rows that a group may have for its size: what repeats takes few bytes, but is rows in memory all the same. */
const freeRows = 2 ** 20;
const rowsPerByte = 200;
/** Bytes that a page may unpack to for its size; that of deflate is the most that these reach. */
const freeBytes = 65_536;
const bytesPerByte = 1100;
/** Bytes of the texts of a column that share their beginnings. */
const mostShared = 2 ** 30;

/** Throws for sizes that cannot be: rows without bytes, chunks beyond the file or on top of each other. */
export function checkParquetSizes({ row_groups: groups }: FileMetaData, byteLength: number): void {
  const ranges = groups.flatMap((group) => {
    const { num_rows: rows } = group;
    const chunks = group.columns.map(({ meta_data: meta }) => rangeOf(meta, byteLength));
    const bytes = chunks.reduce((sum, { start, end }) => sum + end - start, 0);
    if (rows >= 0n && rows <= BigInt(freeRows + rowsPerByte * bytes)) return chunks;
    throw new Error(`a row group of ${rows} rows in ${bytes} bytes`);
  });
  ranges.sort((a, b) => a.start - b.start);
  for (const [at, { start }] of ranges.entries()) {
    if (start < (ranges[at - 1]?.end ?? 0)) throw new Error('chunks of columns lie on top of each other');
  }
}

function rangeOf(meta: ColumnMetaData | undefined, byteLength: number): { start: number; end: number } {
  if (meta === undefined) throw new Error('a chunk of a column that is not described');
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const end = start + Number(meta.total_compressed_size);
  if (!(start >= 0 && start <= end && end <= byteLength)) throw new Error('a chunk of a column beyond the file');
  return { start, end };
}

/** Throws for a row group with a page that would do harm. `optional` are the columns that may have missing cells. */
export async function checkParquetGroup(
  file: ByteBuffer,
  group: RowGroup,
  columns: readonly string[],
  optional: ReadonlySet<string>,
  compressors: Compressors,
): Promise<void> {
  for (const name of columns) {
    const [meta, ...more] = group.columns.flatMap(({ meta_data: each }) =>
      each?.path_in_schema[0] === name ? [each] : [],
    );
    if (meta === undefined || more.length > 0) throw new Error(`a row group with ${1 + more.length} columns ${name}`);
    const { start, end } = rangeOf(meta, file.byteLength);
    const bytes = new Uint8Array(await file.slice(start, end));
    checkPages(bytes, { meta, rows: Number(group.num_rows), optional: optional.has(name), compressors });
  }
}

interface Chunk {
  readonly meta: ColumnMetaData;
  readonly rows: number;
  readonly optional: boolean;
  readonly compressors: Compressors;
}

function checkPages(bytes: Uint8Array, chunk: Chunk): void {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const budget = { shared: mostShared };
  let seen = 0;
  while (seen < chunk.rows && reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: size } = header;
    if (!isCount(packed) || reader.offset + packed > bytes.length) throw new Error(`a page of ${packed} bytes`);
    checkSize(size, packed, chunk.meta.codec);
    const page = bytes.subarray(reader.offset, reader.offset + packed);
    reader.offset += packed;
    const { data_page_header: first, data_page_header_v2: second } = header;
    if (header.type !== 'DATA_PAGE' && header.type !== 'DATA_PAGE_V2') continue;
    const values = (header.type === 'DATA_PAGE' ? first : second)?.num_values;
    if (!isCount(values) || values > chunk.rows - seen) throw new Error(`a page of ${values} values`);
    seen += values;
    if (header.type === 'DATA_PAGE') checkFirstForm(page, header, chunk, budget);
    else checkSecondForm(page, header, chunk, budget);
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function checkSize(size: number, packed: number, codec: CompressionCodec): void {
  const known = codec === 'SNAPPY' || codec === 'GZIP';
  const most = known ? freeBytes + bytesPerByte * packed : 2 ** 31;
  if (!isCount(size) || size > most) throw new Error(`a page of ${packed} bytes that unpacks to ${size}`);
}

interface Budget {
  shared: number;
}

function checkFirstForm(page: Uint8Array, header: PageHeader, chunk: Chunk, budget: Budget): void {
  const { data_page_header: facts, uncompressed_page_size: size } = header;
  if (facts === undefined || (!chunk.optional && harmless(facts.encoding))) return;
  const bytes = decompressPage(page, size, chunk.meta.codec, chunk.compressors);
  const reader: ByteReader = { bytes, offset: 0 };
  let values = facts.num_values;
  if (chunk.optional) {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
    reader.offset = 4;
    values = walkRuns(reader, 1, facts.num_values);
    reader.offset = 4 + length;
  }
  checkValues(reader, facts.encoding, values, chunk.meta, budget);
}

function checkSecondForm(page: Uint8Array, header: PageHeader, chunk: Chunk, budget: Budget): void {
  const { data_page_header_v2: facts, uncompressed_page_size: size } = header;
  if (facts === undefined) return;
  const {
    repetition_levels_byte_length: repetition,
    definition_levels_byte_length: definition,
    num_nulls: nulls,
  } = facts;
  const levels = repetition + definition;
  if (!isCount(repetition) || !isCount(definition) || levels > page.length || levels > size) {
    throw new Error('levels beyond their page');
  }
  if (!isCount(nulls) || nulls > facts.num_values) throw new Error(`${nulls} missing of ${facts.num_values} values`);
  if (chunk.optional) walkRuns({ bytes: page, offset: repetition }, 1, facts.num_values);
  if (harmless(facts.encoding)) return;
  const rest = page.subarray(levels);
  const packed = facts.is_compressed !== false;
  const bytes = packed ? decompressPage(rest, size - levels, chunk.meta.codec, chunk.compressors) : rest;
  checkValues({ bytes, offset: 0 }, facts.encoding, facts.num_values - nulls, chunk.meta, budget);
}

/** Whether values take the bytes that they have, whatever those are: such pages need not be unpacked to be looked at. */
function harmless(encoding: string): boolean {
  return encoding === 'PLAIN' || encoding === 'BYTE_STREAM_SPLIT';
}

/** Values of a page, from where the reader stands. */
function checkValues(
  reader: ByteReader,
  encoding: string,
  count: number,
  { type }: ColumnMetaData,
  budget: Budget,
): void {
  if (count === 0) return;
  switch (encoding) {
    case 'RLE':
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY': {
      const boolean = encoding === 'RLE' && type === 'BOOLEAN';
      if (boolean) reader.offset += 4;
      const width = boolean ? 1 : nextByte(reader);
      if (width > 32) throw new Error(`indices of ${width} bits`);
      if (width > 0) walkRuns(reader, width, count);
      return;
    }
    case 'DELTA_BINARY_PACKED':
    case 'DELTA_LENGTH_BYTE_ARRAY':
      readDeltaHeader(reader);
      return;
    case 'DELTA_BYTE_ARRAY': {
      for (const lengths of [readDeltaLengths(reader, count), readDeltaLengths(reader, count)]) {
        for (const length of lengths) {
          budget.shared -= length;
          if (length < 0 || budget.shared < 0) throw new Error('texts that unpack to over a gigabyte');
        }
      }
      return;
    }
  }
}
