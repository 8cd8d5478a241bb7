/**
 * Typed access to the fields of a vector file; everything in it is unknown until looked at.
 */

import type { FlatArray } from './flat-array.ts';
import { flatArray } from './flat-array.ts';

/** An object of a vector file. */
export type Fields = Readonly<Record<string, unknown>>;

/** An object field; empty when absent or null. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A numeric array field; undefined when absent or null. */
export function arrayOf(fields: Fields, name: string): FlatArray | undefined {
  const value = fields[name];
  return value === undefined || value === null ? undefined : flatArray(value, name);
}

/** A numeric array field that must be there. */
export function requiredArray(fields: Fields, name: string): FlatArray {
  const found = arrayOf(fields, name);
  if (found === undefined) throw new Error(`the vector has no ${name}`);
  return found;
}

/** A number field, or the default. */
export function numberOf(fields: Fields, name: string, otherwise: number): number {
  const value = fields[name];
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'number') throw new Error(`${name} is no number`);
  return value;
}

/** A text field, or the default. */
export function textOf<T extends string>(fields: Fields, name: string, otherwise: T): T {
  const value = fields[name];
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'string') throw new Error(`${name} is no text`);
  return value as T;
}
