import type { NdArray } from '../src/index.ts';

/** The elements as JSON holds them: 64-bit integers as text. */
export function elements({ data }: NdArray): (number | string)[] {
  return Array.from(data as Iterable<number | bigint>, (v) => (typeof v === 'bigint' ? String(v) : v));
}
