/**
 * What was built for which Program: found by the Program itself, so that a known one is not compiled again, not even up to
 * its text.
 *
 * A plan is kept under a digest of the Program, names included, of the options that it was compiled with, of the target, and
 * of the build of this compiler. It holds the key of the object, the layout, and the legal Program as text for what is
 * compiled later. Damaged ones are as good as none.
 */

import { createHash } from 'node:crypto';
import type { CompileOptions, Program } from '@rheo/ir';
import { print } from '@rheo/ir';
import type { OptionalPasses } from '@rheo/passes';
import type { ObjectCache } from '../toolchain/object-cache.ts';
import type { Layout } from './layout.ts';
import { layoutFrom, layoutText } from './layout.ts';

/** What is kept for a Program. */
export interface Plan {
  /** Key of its object. */
  readonly object: string;
  readonly layout: Layout;
  /** Text of the legal Program; none for one with inputs bound, which comes from one without. */
  readonly legal: string;
}

/** Plans in the folder of objects. */
export class PlanIndex {
  readonly #cache: ObjectCache;
  readonly #circumstances: string | undefined;
  readonly #optional: OptionalPasses;

  /**
   * `circumstances` is all that code depends on besides a Program and its options, the build of the compiler included;
   * undefined where that is not known, and then nothing is kept or found.
   */
  constructor(cache: ObjectCache, circumstances: string | undefined, optional: OptionalPasses) {
    this.#cache = cache;
    this.#circumstances = circumstances;
    this.#optional = optional;
  }

  /** The key of a Program, or undefined where it has none: optional passes are code that the build does not tell of. */
  keyOf(program: Program, { dims = {}, donate = [], passes = {}, ...others }: CompileOptions): string | undefined {
    if (this.#circumstances === undefined) return undefined;
    if (Object.entries(passes).some(([name, on]) => on && Object.hasOwn(this.#optional, name))) return undefined;
    const sorted = (record: object): [string, unknown][] => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
    const options = [sorted(dims), [...donate].sort((a, b) => a - b), sorted(passes), sorted(others)];
    return digest(JSON.stringify([this.#circumstances, options, print(program)]));
  }

  /** The key of the same Program with inputs bound, by their positions. */
  boundKeyOf(key: string | undefined, bound: ReadonlySet<number>): string | undefined {
    return key === undefined ? undefined : digest(JSON.stringify([key, [...bound].sort((a, b) => a - b)]));
  }

  /** A whole plan, or undefined. */
  find(key: string): Plan | undefined {
    const text = this.#cache.findText(key);
    if (text === undefined) return undefined;
    // A plan under another's name is no better than a damaged one.
    const [sum, body] = cut(text);
    if (sum !== digest(`${key}\n${body}`)) return undefined;
    const [object, rest] = cut(body);
    const [layout, legal] = cut(rest);
    return { object, layout: layoutFrom(layout), legal };
  }

  /** Keeps a plan. */
  keep(key: string, { object, layout, legal }: Plan): void {
    const body = `${object}\n${layoutText(layout)}\n${legal}`;
    this.#cache.keepText(key, `${digest(`${key}\n${body}`)}\n${body}`);
  }
}

/** The first line, and what follows it. */
function cut(text: string): [string, string] {
  const end = text.indexOf('\n');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
