/**
 * The entry points of a generated module, called with the addresses of inputs, then results.
 *
 * An engine refuses functions of more than a thousand parameters: addresses beyond the first `maxParameters` are placed
 * in the module's globals first.
 */

import { maxParameters } from '../codegen/generate.ts';

type Entry = (...addresses: number[]) => void;

/** What a module exports. */
export interface EntryPoints {
  readonly prepare: Entry;
  readonly run: Entry;
  /** Take the addresses that are too many for one call. */
  readonly places: readonly Entry[];
}

/** The entry points of an instance that takes `count` addresses. */
export function entryPoints({ exports }: WebAssembly.Instance, count: number): EntryPoints {
  const places: Entry[] = [];
  for (let from = maxParameters; from < count; from += maxParameters)
    places.push(exports[`place${from / maxParameters}`] as Entry);
  return { prepare: exports['prepare'] as Entry, run: exports['run'] as Entry, places };
}

/** Calls `prepare` or `run` on the addresses. */
export function callEntry(points: EntryPoints, name: 'prepare' | 'run', addresses: number[]): void {
  const entry = points[name];
  if (points.places.length === 0) {
    entry.apply(undefined, addresses);
    return;
  }
  points.places.forEach((place, index) => {
    const from = (index + 1) * maxParameters;
    place(...addresses.slice(from, from + maxParameters));
  });
  entry(...addresses.slice(0, maxParameters));
}
