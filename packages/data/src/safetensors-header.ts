/**
 * The JSON header of a safetensors file, read with suspicion.
 *
 * JSON.parse is left to do the parsing; before it, one pass over the text bounds the nesting and refuses a key given
 * twice (JSON.parse would silently keep the last), after it every field is checked. Knows nothing of the data.
 */

/** One tensor as the header describes it; offsets count from the end of the header. */
export interface SafetensorsRecord {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A header that is well formed; whether it fits the data is another question. */
export interface SafetensorsHeader {
  readonly records: readonly SafetensorsRecord[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** A fault of the header; `tensor` names the entry when there is one. */
export class HeaderFault extends Error {
  readonly tensor: string | undefined;

  constructor(what: string, tensor?: string) {
    super(what);
    this.tensor = tensor;
  }
}

const maxDepth = 3;
const maxDimensions = 32;

/** Reads the header text. Errors: {@link HeaderFault}. */
export function parseSafetensorsHeader(text: string): SafetensorsHeader {
  if (!text.startsWith('{')) throw new HeaderFault('the header does not begin with {');
  checkNesting(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new HeaderFault(`the header is no JSON (${cause instanceof Error ? cause.message : cause})`);
  }
  const records: SafetensorsRecord[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed as Record<string, unknown>)) {
    if (name === '__metadata__') metadata = readMetadata(value);
    else records.push(readRecord(name, value));
  }
  return { records, metadata };
}

function readMetadata(value: unknown): Record<string, string> {
  if (!isObject(value) || Object.values(value).some((text) => typeof text !== 'string')) {
    throw new HeaderFault('its entries must all be text', '__metadata__');
  }
  // A prototype-free object keeps a key such as __proto__ an ordinary key.
  return Object.assign(Object.create(null) as Record<string, string>, value);
}

function readRecord(name: string, value: unknown): SafetensorsRecord {
  if (!isObject(value)) throw new HeaderFault('its description is no object', name);
  const { dtype, shape, data_offsets: offsets, ...rest } = value;
  const unknownKey = Object.keys(rest)[0];
  if (unknownKey !== undefined) throw new HeaderFault(`the unknown field ${JSON.stringify(unknownKey)}`, name);
  if (typeof dtype !== 'string') throw new HeaderFault('dtype is missing or no text', name);
  if (!isNaturalList(shape) || shape.length > maxDimensions) {
    throw new HeaderFault(`shape must be a list of at most ${maxDimensions} natural numbers`, name);
  }
  if (!isNaturalList(offsets) || offsets.length !== 2) {
    throw new HeaderFault('data_offsets must be two natural numbers', name);
  }
  const [begin = 0, end = 0] = offsets;
  if (begin > end) throw new HeaderFault(`data_offsets run backwards, ${begin} to ${end}`, name);
  return { name, dtype, shape, begin, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNaturalList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Walks over the text once: nesting at most {@link maxDepth}, no key twice in one object. */
function checkNesting(text: string): void {
  const keys: (Set<string> | undefined)[] = [];
  let expectKey = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      const start = i++;
      while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
      const seen = keys.at(-1);
      if (expectKey && seen !== undefined) {
        const key = unquote(text.slice(start, i + 1));
        if (seen.has(key)) throw new HeaderFault('the name occurs twice', key);
        seen.add(key);
      }
      expectKey = false;
    } else if (c === '{' || c === '[') {
      keys.push(c === '{' ? new Set() : undefined);
      expectKey = c === '{';
      if (keys.length > maxDepth) throw new HeaderFault(`the header is nested deeper than ${maxDepth} levels`);
    } else if (c === '}' || c === ']') {
      keys.pop();
      expectKey = false;
    } else if (c === ',') {
      expectKey = keys.at(-1) !== undefined;
    }
  }
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    // Broken text is reported by the parser that comes next.
    return quoted;
  }
}
