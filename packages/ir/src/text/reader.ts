/**
 * Reads tokens of the text form one at a time, and knows the line and column of each for errors.
 *
 * Spaces and comments (from two slashes to the end of the line) separate tokens and mean nothing.
 */

import { RheoError } from '../errors.ts';

const blank = /(?:\s|\/\/[^\n]*)*/y;
const patterns = {
  word: /[A-Za-z_][A-Za-z0-9_]*/y,
  number: /-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)|NaN/y,
  text: /"(?:[^"\\\n]|\\[^\n])*"/y,
};

/** A position in a text that is being read. */
export class Reader {
  readonly #text: string;
  #at: number = 0;
  /** Where the last token began. */
  #start: number = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skip();
  }

  /** Fails unless the text has ended. */
  end(): void {
    if (this.#at < this.#text.length) this.fail('something follows the Program', this.#at);
  }

  /** Takes a mark if it is next. */
  take(mark: string): boolean {
    if (!this.#text.startsWith(mark, this.#at)) return false;
    this.#advance(mark.length);
    return true;
  }

  /** Takes a mark, which must be next. */
  expect(mark: string): void {
    if (!this.take(mark)) this.fail(`"${mark}" is missing`, this.#at);
  }

  /** Takes a word if it is next and is one of these. */
  takeWord(...words: readonly string[]): string | undefined {
    const word = this.#match('word');
    if (word === undefined || !words.includes(word)) return undefined;
    this.#advance(word.length);
    return word;
  }

  /** Takes a word, which must be next and be this one. */
  keyword(word: string): void {
    if (this.takeWord(word) === undefined) this.fail(`"${word}" is missing`, this.#at);
  }

  /** Takes `name=`. */
  label(name: string): void {
    this.keyword(name);
    this.expect('=');
  }

  /** Takes any word if it is next. */
  takeName(): string | undefined {
    const word = this.#match('word');
    if (word !== undefined) this.#advance(word.length);
    return word;
  }

  /** Takes a word, which must be next. */
  word(what: string): string {
    return this.takeName() ?? this.fail(`${what} is missing`, this.#at);
  }

  /** Takes a number: an integer, a fraction, NaN, Infinity. A finite one must fit in double. */
  number(): number {
    const digits = this.#match('number') ?? this.fail('a number is missing', this.#at);
    this.#advance(digits.length);
    const value = Number(digits);
    if (!Number.isFinite(value) && /\d/.test(digits)) this.fail('the number does not fit in double');
    return value;
  }

  /** Takes an integer of at least 0. */
  integer(): number {
    const value = this.number();
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0))
      this.fail(`${value} is not an integer of at least 0`);
    return value;
  }

  /** Takes a quoted text if it is next. */
  takeText(): string | undefined {
    const quoted = this.#match('text');
    if (quoted === undefined) return undefined;
    this.#advance(quoted.length);
    try {
      return JSON.parse(quoted) as string;
    } catch {
      return this.fail('the quoted text has an escape that does not exist');
    }
  }

  /** Takes a quoted text, which must be next. */
  text(): string {
    return this.takeText() ?? this.fail('a quoted text is missing', this.#at);
  }

  /** Takes items between brackets, separated by commas. */
  list<T>(open: string, close: string, item: () => T): T[] {
    const items: T[] = [];
    this.expect(open);
    if (this.take(close)) return items;
    do items.push(item());
    while (this.take(','));
    this.expect(close);
    return items;
  }

  /** Throws `syntax` with line and column of the last token, or of the given position. */
  fail(what: string, at: number = this.#start): never {
    const before = this.#text.slice(0, at);
    const line = before.split('\n').length;
    const column = at - before.lastIndexOf('\n');
    throw new RheoError('syntax', { from: '@rheo/ir', what, where: `line ${line}, column ${column}` });
  }

  #match(kind: keyof typeof patterns): string | undefined {
    const pattern = patterns[kind];
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #advance(count: number): void {
    this.#start = this.#at;
    this.#at += count;
    this.#skip();
  }

  #skip(): void {
    blank.lastIndex = this.#at;
    this.#at += blank.exec(this.#text)?.[0].length ?? 0;
  }
}
