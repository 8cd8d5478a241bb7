/**
 * A memory that this processor reads and writes, and how host data gets there and back: four bytes an element; bool is a
 * mask of all bits or none inside, and a byte of 0 or 1 outside.
 */

import type { TensorData } from '@rheo/ir';

/** Elements of four bytes. */
export type Elements = Float32Array | Int32Array | Uint32Array;

/** How elements are seen. */
export type ElementKind = 'f32' | 'i32' | 'u32';

/** The memory; a `Place` is whatever says where something lies in it. */
export interface LocalMemory<Place> {
  /** Room for so many bytes. Throws `memory`. */
  allocate(bytes: number, what: string): Place;
  release(place: Place): void;
  /** The first `count` elements at a place. */
  view(place: Place, kind: ElementKind, count: number): Elements;
  /** Stays the same as long as views stay good: a memory that grows may move. */
  readonly era: unknown;
}

/** Part of a memory and host data that goes there or comes from there. */
export interface Transfer {
  readonly inside: Elements;
  readonly outside: TensorData;
}

/** What it takes to move host data to a place, or back. */
export function transferOf<Place>(memory: LocalMemory<Place>, place: Place, outside: TensorData): Transfer {
  const kind = outside instanceof Float32Array ? 'f32' : outside instanceof Uint32Array ? 'u32' : 'i32';
  return { inside: memory.view(place, kind, outside.length), outside };
}

// The engine's own copy between arrays of one type: as fast as a loop for a handful of numbers, and just as fast where a
// page has run other loops over other kinds of arrays.

/** Host data into the memory. */
export function writeInside({ inside, outside }: Transfer): void {
  if (!(outside instanceof Uint8Array)) inside.set(outside as Elements);
  else for (let i = 0; i < outside.length; i++) inside[i] = outside[i] === 0 ? 0 : -1;
}

/** From the memory into host data. */
export function readOutside({ inside, outside }: Transfer): void {
  if (!(outside instanceof Uint8Array)) outside.set(inside as never);
  else for (let i = 0; i < outside.length; i++) outside[i] = inside[i] === 0 ? 0 : 1;
}
