/**
 * Copies between arrays of four-byte elements. A streaming step moves a handful at a time: calling the engine's own copy,
 * which wants a view of the part, takes longer than that.
 */

type Elements = Float32Array | Int32Array | Uint32Array;

/** Elements up to which a loop is faster. */
const few = 256;

/** Copies `count` elements of one type from index `start` of one array to index `at` of another. */
export function copyElements(from: Elements, start: number, to: Elements, at: number, count: number): void {
  if (count > few) to.set(from.subarray(start, start + count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number;
}
