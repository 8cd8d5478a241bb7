/**
 * Kinds of values that a setting takes: how one is written on the command line, how it is checked, and its JSON schema.
 * One definition serves the command line, the configuration file and its schema, so that they cannot disagree.
 */

/** A JSON schema, draft 7. */
export type JsonSchema = { readonly [key: string]: unknown };

/** One kind of value. */
export interface Takes<T> {
  /** What a value is, to follow "It takes". */
  readonly what: string;
  readonly schema: JsonSchema;
  /** The JSON value that a text of the command line means. */
  readonly parse: (text: string) => unknown;
  /** The value where it fits, else undefined. */
  readonly read: (value: unknown) => T | undefined;
}

const asIs = (text: string): unknown => text;
/** A number where the text is one, else the text, which then does not fit. */
const asNumber = (text: string): unknown => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text);
const asList = (text: string): unknown => text.split(',').map((part) => part.trim());

/** A text that is not empty. */
export function text(what: string): Takes<string> {
  return {
    what,
    schema: { type: 'string', minLength: 1 },
    parse: asIs,
    read: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
  };
}

/** One of some words. */
export function choice<const T extends string>(...words: readonly T[]): Takes<T> {
  return {
    what: `one of ${words.join(', ')}`,
    schema: { enum: words },
    parse: asIs,
    read: (value) => words.find((word) => word === value),
  };
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number): Takes<number> {
  return {
    what: `a whole number of at least ${least}`,
    schema: { type: 'integer', minimum: least },
    parse: asNumber,
    read: (value) => (Number.isSafeInteger(value) && Number(value) >= least ? Number(value) : undefined),
  };
}

/** A finite number above zero. */
export const positive: Takes<number> = {
  what: 'a number above 0',
  schema: { type: 'number', exclusiveMinimum: 0 },
  parse: asNumber,
  read: (value) => (typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined),
};

/** A share from 0 up to, not including, 1. */
export const share: Takes<number> = {
  what: 'a share from 0 up to 1',
  schema: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
  parse: asNumber,
  read: (value) => (typeof value === 'number' && value >= 0 && value < 1 ? value : undefined),
};

/** Names without repeats; on the command line with commas between them. One name may stand alone. */
export function names(what: string): Takes<readonly string[]> {
  const list: JsonSchema = { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true };
  return {
    what: `${what}, with commas between them`,
    schema: { anyOf: [{ type: 'string', minLength: 1 }, list] },
    parse: asList,
    read: (value) => {
      const given: unknown = typeof value === 'string' ? [value] : value;
      if (!Array.isArray(given)) return undefined;
      const fits =
        given.every((name) => typeof name === 'string' && name !== '') && new Set(given).size === given.length;
      return fits ? (given as readonly string[]) : undefined;
    },
  };
}

/** Words out of some, without repeats; an empty list is `none` on the command line. */
export function words<const T extends string>(...known: readonly T[]): Takes<readonly T[]> {
  return {
    what: `none, or some of ${known.join(', ')} with commas between them`,
    schema: { type: 'array', items: { enum: known }, uniqueItems: true },
    parse: (given) => (given === 'none' ? [] : asList(given)),
    read: (value) => {
      if (!Array.isArray(value) || new Set(value).size < value.length) return undefined;
      return value.every((word) => known.includes(word)) ? (value as readonly T[]) : undefined;
    },
  };
}

/** The word `none`, which is null in JSON, or another kind of value. */
export function orNone<T>(takes: Takes<T>): Takes<T | null> {
  return {
    what: `${takes.what}, or none`,
    schema: { anyOf: [{ type: 'null' }, takes.schema] },
    parse: (given) => (given === 'none' ? null : takes.parse(given)),
    read: (value) => (value === null ? null : takes.read(value)),
  };
}

/** A value of the first kind that it fits. */
export function either<A, B>(first: Takes<A>, second: Takes<B>): Takes<A | B> {
  return {
    what: `${first.what}, or ${second.what}`,
    schema: { anyOf: [first.schema, second.schema] },
    parse: (given) => (first.read(first.parse(given)) === undefined ? second : first).parse(given),
    read: (value) => first.read(value) ?? second.read(value),
  };
}

const seconds = { s: 1, min: 60, h: 3600, d: 86_400 } as const;
const span = /^(\d+(?:\.\d+)?) ?(s|min|h|d|u)$/;

/** A length of time such as `30min`, or `2.5u` in the unit of a time column that holds plain numbers. */
export const duration: Takes<string> = {
  what: 'a length of time such as 90s, 30min, 2h, 1d or, for times that are plain numbers, 2.5u',
  schema: { type: 'string', pattern: span.source },
  parse: asIs,
  read: (value) => (typeof value === 'string' && Number(span.exec(value)?.[1]) > 0 ? value : undefined),
};

/** The seconds of a duration, or its number of units. */
export function lengthOf(given: string): { readonly length: number; readonly in: 'seconds' | 'units' } {
  const [, count = '0', unit = 'u'] = span.exec(given) ?? [];
  if (unit === 'u') return { length: Number(count), in: 'units' };
  return { length: Number(count) * seconds[unit as keyof typeof seconds], in: 'seconds' };
}

const byteUnits = { KB: 1e3, MB: 1e6, GB: 1e9 } as const;
const size = /^(\d+(?:\.\d+)?) ?(KB|MB|GB)$/;

/** An amount of memory such as `200MB`. */
export const memorySize: Takes<string> = {
  what: 'an amount of memory such as 200MB or 1.5GB, of at least 2MB',
  schema: { type: 'string', pattern: size.source },
  parse: asIs,
  read: (value) => (typeof value === 'string' && bytesOf(value) >= 2e6 ? value : undefined),
};

/** The bytes of an amount of memory; 0 for a text that is none. */
export function bytesOf(given: string): number {
  const [, count = '0', unit = 'KB'] = size.exec(given) ?? [];
  return Number(count) * byteUnits[unit as keyof typeof byteUnits];
}
