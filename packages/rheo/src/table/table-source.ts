/** Where a table comes from: one that has been read, or the text of a CSV file from wherever there may be one. */

import type { Preparation, Table, TextSource } from '@rheo/data';
import { columnKinds, readCsv } from '@rheo/data';

/** A table, or CSV as text, bytes, a `File` or a stream; other formats have readers of their own. */
export type TableSource = Table | TextSource;

/** The table; columns of text are of the kinds that they had where there is a preparation. Throws as `readCsv` does. */
export async function tableOf(source: TableSource, preparation?: Preparation): Promise<Table> {
  if (isTable(source)) return source;
  const named = source instanceof Blob && 'name' in source && typeof source.name === 'string';
  return readCsv(source, {
    ...(named ? { file: String(source.name) } : {}),
    ...(preparation === undefined ? {} : { types: columnKinds(preparation) }),
  });
}

function isTable(source: TableSource): source is Table {
  return typeof source === 'object' && 'columns' in source && 'rows' in source;
}
