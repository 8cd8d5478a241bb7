/** Parquet files put together page by page, so that any of their bytes may lie. */
import type { Encoding, FieldRepetitionType, FileMetaData, PageHeader, ParquetType } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';

/** A page: its header as it will be written, and its bytes. */
export interface Page {
  readonly header: Partial<PageHeader> & Pick<PageHeader, 'type'>;
  readonly bytes: readonly number[];
}

/** One column of one row group. */
export interface ParquetParts {
  readonly type: ParquetType;
  readonly rule: FieldRepetitionType;
  readonly rows: number | bigint;
  readonly pages: readonly Page[];
  /** Changes to the metadata. */
  readonly spoil?: (metadata: FileMetaData) => void;
}

/** The file, uncompressed; sizes of pages are right unless their header says otherwise. */
export function parquetFile({ type, rule, rows, pages, spoil }: ParquetParts): Uint8Array {
  const writer = new ByteWriter();
  writer.appendBytes(new TextEncoder().encode('PAR1'));
  for (const { header, bytes } of pages) {
    const sizes = { compressed_page_size: bytes.length, uncompressed_page_size: bytes.length };
    writePageHeader(writer, { ...sizes, ...header });
    writer.appendBytes(Uint8Array.from(bytes));
  }
  const size = BigInt(writer.offset - 4);
  const meta = {
    type,
    encodings: ['PLAIN' as Encoding],
    path_in_schema: ['x'],
    codec: 'UNCOMPRESSED' as const,
    num_values: BigInt(rows),
    total_uncompressed_size: size,
    total_compressed_size: size,
    data_page_offset: 4n,
  };
  const metadata: FileMetaData = {
    version: 2,
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'x', type, repetition_type: rule },
    ],
    num_rows: BigInt(rows),
    row_groups: [{ columns: [{ file_offset: 4n, meta_data: meta }], total_byte_size: size, num_rows: BigInt(rows) }],
    metadata_length: 0,
  };
  spoil?.(metadata);
  writeMetadata(writer, metadata);
  writer.appendBytes(new TextEncoder().encode('PAR1'));
  return new Uint8Array(writer.getBytes());
}

/** A data page of the first form. */
export function firstForm(values: number, encoding: Encoding, bytes: readonly number[]): Page {
  const facts = {
    num_values: values,
    encoding,
    definition_level_encoding: 'RLE',
    repetition_level_encoding: 'RLE',
  } as const;
  return { header: { type: 'DATA_PAGE', data_page_header: facts }, bytes };
}

/** An unsigned varint. */
export function varint(value: number): number[] {
  return value < 128 ? [value] : [128 + (value % 128), ...varint(Math.floor(value / 128))];
}
