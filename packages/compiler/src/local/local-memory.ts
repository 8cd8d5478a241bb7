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

/** What it takes to copy so many elements from one place to another, by `writeInside`. */
export function copyOf<Place>(memory: LocalMemory<Place>, from: Place, to: Place, count: number): Transfer {
  return { inside: memory.view(to, 'i32', count), outside: memory.view(from, 'i32', count) };
}

/** Floats up to which a loop takes less than the engine's own copy. */
const few = 16;

/** Host data into the memory. */
export function writeInside({ inside, outside }: Transfer): void {
  if (outside instanceof Uint8Array) for (let i = 0; i < outside.length; i++) inside[i] = outside[i] === 0 ? 0 : -1;
  else if (outside instanceof Float32Array && outside.length <= few) copyFew(outside, inside as Float32Array);
  else inside.set(outside as Elements);
}

/** A loop that meets arrays of one kind only: after others, engines would look up how to read and write each element. */
function copyFew(from: Float32Array, to: Float32Array): void {
  for (let i = 0; i < from.length; i++) to[i] = from[i] as number;
}

/** From the memory into host data. */
export function readOutside({ inside, outside }: Transfer): void {
  if (outside instanceof Uint8Array) for (let i = 0; i < outside.length; i++) outside[i] = inside[i] === 0 ? 0 : 1;
  else outside.set(inside as never);
}
