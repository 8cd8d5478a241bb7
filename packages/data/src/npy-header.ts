/**
 * The header of an NPY file: a Python dict literal with the keys descr, fortran_order and shape, and no more.
 *
 * Only the literals that NumPy itself writes there are understood (strings, True, False, natural numbers, a tuple of
 * them); a structured dtype is a list and therefore refused. Nothing is ever evaluated, no object is unpickled.
 */

/** What the header says, unchecked against the data. */
export interface NpyHeader {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Parses a header text; throws a plain SyntaxError that says what was expected. */
export function parseNpyHeader(text: string): NpyHeader {
  const tokens = tokenize(text);
  let at = 0;
  const next = (): string => tokens[at++] ?? 'the end of the header';
  const expect = (token: string): void => {
    const found = next();
    if (found !== token) throw new SyntaxError(`expected ${token}, found ${found}`);
  };
  const found = new Map<string, string | boolean | number[]>();

  const value = (): string | boolean | number[] => {
    const token = next();
    if (token === 'True') return true;
    if (token === 'False') return false;
    if (token.startsWith("'")) return token.slice(1);
    if (token === '(') return tuple();
    throw new SyntaxError(token === '[' ? 'a structured dtype' : `expected a value, found ${token}`);
  };
  const tuple = (): number[] => {
    const items: number[] = [];
    for (;;) {
      const token = next();
      if (token === ')') return items;
      if (!/^\d+$/.test(token)) throw new SyntaxError(`expected a dimension, found ${token}`);
      items.push(Number(token));
      if (tokens[at] !== ')') expect(',');
    }
  };

  expect('{');
  while (tokens[at] !== '}') {
    const key = next();
    if (!key.startsWith("'")) throw new SyntaxError(`expected a key, found ${key}`);
    if (found.has(key.slice(1))) throw new SyntaxError(`the key ${key.slice(1)} twice`);
    expect(':');
    found.set(key.slice(1), value());
    if (tokens[at] !== '}') expect(',');
  }
  expect('}');
  if (at !== tokens.length) throw new SyntaxError(`text after the header: ${next()}`);

  const descr = found.get('descr');
  const fortranOrder = found.get('fortran_order');
  const shape = found.get('shape');
  if (found.size !== 3 || typeof descr !== 'string' || typeof fortranOrder !== 'boolean' || !Array.isArray(shape)) {
    throw new SyntaxError('expected exactly the keys descr (text), fortran_order (True or False) and shape (tuple)');
  }
  return { descr, fortranOrder, shape };
}

/** Splits into punctuation, words, numbers (Python 2's trailing L dropped) and strings (marked by one leading quote). */
function tokenize(text: string): string[] {
  const pattern = /\s*(?:([{}()[\]:,])|'([^'\\]*)'|"([^"\\]*)"|(\d+)L?|(True|False))/y;
  const end = text.trimEnd().length;
  const tokens: string[] = [];
  while (pattern.lastIndex < end) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw new SyntaxError(`cannot read ${JSON.stringify(text.slice(start, start + 20))}`);
    const [, mark, single, double, number, word] = match;
    tokens.push(mark ?? number ?? word ?? `'${single ?? double ?? ''}`);
  }
  return tokens;
}
