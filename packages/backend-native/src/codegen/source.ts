/**
 * C functions with the head that they share: as one file, or cut into several that are compiled at the same time.
 *
 * Compiling takes time about in proportion to the text of the kernels. Functions of one file are static, those
 * of several hidden within the object that they are linked into; a cut changes nothing that a function computes, since
 * none is inlined into another and none is built with other flags.
 */

/** A function. */
export interface PrintedFunction {
  /** What its text begins with, comments aside, up to the body: `KERNEL void map_0_add(void *const *table)`. */
  readonly head: string;
  readonly text: string;
}

/** The C source of one object. */
export interface Source {
  /** All of it, as one file. It is what the object is known by, however it is cut. */
  readonly text: string;
  /** The same as at most so many files, fewer where the functions are not worth them. */
  files(most: number): readonly string[];
}

/** Characters from which on a file of its own pays: that many take a compiler longer than another start of it. */
const worthAFile = 8000;

/** What all functions of a source may use. */
export interface SharedText {
  readonly text: string;
  /** Functions of it that are inlined where they are called, with the characters that this comes to. */
  readonly inlined: ReadonlyMap<string, number>;
}

/** The source of `functions`. */
export function sourceOf(shared: SharedText, functions: readonly PrintedFunction[]): Source {
  const whole = file('static __attribute__((noinline))', [shared.text, ...functions.map(({ text }) => text)]);
  return {
    text: whole,
    files(most) {
      const weights = functions.map(({ text }) => weightOf(text, shared.inlined));
      const count = Math.min(most, Math.floor(weights.reduce((sum, weight) => sum + weight, 0) / worthAFile));
      if (count <= 1) return [whole];
      const declarations = functions.map(({ head }) => `${head};`).join('\n');
      return share(weights, count).map((part) => {
        const texts = part.map((index) => (functions[index] as PrintedFunction).text);
        return file('__attribute__((noinline, visibility("hidden")))', [shared.text, declarations, ...texts]);
      });
    },
  };
}

function file(kernel: string, parts: readonly string[]): string {
  return `${[`#define KERNEL ${kernel}`, ...parts].join('\n\n')}\n`;
}

/** Characters of a function once what it calls stands in it. */
function weightOf(text: string, inlined: ReadonlyMap<string, number>): number {
  let weight = text.length;
  for (const [, name = ''] of text.matchAll(/(\w+)\(/g)) weight += inlined.get(name) ?? 0;
  return weight;
}

/** Indices dealt out, the heaviest first, always to the lightest part. */
function share(weights: readonly number[], count: number): number[][] {
  const parts = Array.from({ length: count }, () => ({ weight: 0, indices: [] as number[] }));
  const order = weights.map((_, index) => index).sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
  for (const index of order) {
    const part = parts.reduce((lightest, other) => (other.weight < lightest.weight ? other : lightest));
    part.weight += weights[index] ?? 0;
    part.indices.push(index);
  }
  return parts.map(({ indices }) => indices.sort((a, b) => a - b));
}
