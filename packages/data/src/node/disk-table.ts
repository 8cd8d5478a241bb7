/** Records of a disk as a small table and one series, so that they are encoded as tables in memory are. */
import type { ColumnKind, Table } from '../table/table.ts';
import { head } from './spill-tables.ts';

/** What is known of the cells of a record. */
export interface RecordColumns {
  readonly columns: readonly { readonly name: string; readonly kind: ColumnKind; readonly labels: readonly string[] }[];
  readonly lines: boolean;
  readonly file: string | undefined;
}

/** The table of some records, with the numbers and lines that their rows have in the file. */
export function tableOfRecords(records: Float64Array, { columns, lines, file }: RecordColumns): Table {
  const width = head.cells + columns.length;
  const rows = records.length / width;
  const along = (place: number): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) => records[row * width + place] ?? Number.NaN);
  return {
    rows,
    columns: columns.map(({ name, kind, labels }, c) => {
      const values = along(head.cells + c);
      if (kind !== 'category') return { name, kind, values, missing: 0 };
      // The labels of the whole file may be many more than those of these rows.
      const own = new Map<number, number>();
      const codes = Int32Array.from(values, (code) => {
        if (Number.isNaN(code)) return -1;
        const known = own.get(code) ?? own.size;
        own.set(code, known);
        return known;
      });
      return { name, kind, codes, labels: Array.from(own.keys(), (code) => labels[code] ?? ''), missing: 0 };
    }),
    ...(file === undefined ? {} : { file }),
    ...(lines ? { lines: Int32Array.from(along(head.line)) } : {}),
    numbers: along(head.row),
    notes: [],
  };
}

/** Times of records. */
export function timesOfRecords(records: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: records.length / width }, (_, row) => records[row * width + head.time] ?? 0);
}
