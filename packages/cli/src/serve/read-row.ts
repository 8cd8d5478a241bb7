/** A row of a request, checked member by member: what is unknown or misspelt is named, never passed over. */

import { nearestName } from '../backends/nearest-name.ts';
import type { Limits } from './limits.ts';
import { Refusal } from './refusal.ts';

/** A row with the key of its stream. */
export interface RequestRow {
  readonly key: string;
  /** Given back with the answer. */
  readonly id?: string | number;
  readonly time?: unknown;
  readonly dt?: unknown;
  readonly values?: unknown;
}

const members = ['key', 'id', 'time', 'dt', 'values'];
const idLength = 256;
const halfPair = /\p{Surrogate}/u;

/** Checks a parsed row. Throws `Refusal`. */
export function readRow(value: unknown, { keyLength }: Pick<Limits, 'keyLength'>): RequestRow {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal('request', 'A row is an object: {"key": "a", "time": …, "values": …}.');
  }
  for (const name of Object.keys(value)) {
    if (members.includes(name)) continue;
    const start = name.slice(0, 60);
    const near = nearestName(start, members);
    const shown = JSON.stringify(start);
    const hint = near === undefined ? `There are ${members.join(', ')}` : `Did you mean ${near}?`;
    throw new Refusal('request', `${shown} is no member of a row. ${hint}`, { where: start });
  }
  const { key, id } = value as Record<string, unknown>;
  checkKey(key, keyLength);
  checkId(id);
  return value as RequestRow;
}

/** The id of a row that may be wrong otherwise, so that its refusal can be told from others. */
export function idOf(value: unknown): { readonly id?: string | number } {
  const id: unknown =
    typeof value === 'object' && value !== null && Object.hasOwn(value, 'id') ? Reflect.get(value, 'id') : undefined;
  return isId(id) ? { id } : {};
}

function isId(id: unknown): id is string | number {
  return typeof id === 'number' || (typeof id === 'string' && id.length <= idLength);
}

function checkId(id: unknown): void {
  if (id === undefined || isId(id)) return;
  throw new Refusal('request', `id: It is a number, or a text of at most ${idLength} characters.`, { where: 'id' });
}

/** Throws `Refusal` unless it is a key: a text of 1 to `longest` characters, without half of a surrogate pair. */
export function checkKey(key: unknown, longest: number): asserts key is string {
  if (typeof key === 'string' && key.length >= 1 && key.length <= longest && !halfPair.test(key)) return;
  throw new Refusal('request', `key: It is a text of 1 to ${longest} characters, the name of the stream.`, {
    where: 'key',
  });
}
