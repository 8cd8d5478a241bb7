/** What readers that rest on a library share: the one table of an uncut file, and the library's failures as ours. */

import { isDataError } from '../data-error.ts';
import type { Table } from './table.ts';

/** The first of some tables; readers of uncut files give one, or throw. */
export async function firstTable(tables: AsyncIterable<Table>): Promise<Table> {
  for await (const table of tables) return table;
  throw new Error('a table was neither given nor refused');
}

/** Runs steps of a library: what they throw is turned into an error of ours, unless it is one. */
export function attempting(errorOf: (cause: unknown) => Error): <T>(doing: () => Promise<T>) => Promise<T> {
  return async (doing) => {
    try {
      return await doing();
    } catch (cause) {
      throw isDataError(cause) ? cause : errorOf(cause);
    }
  };
}
