/**
 * Matrix products of one register block, as C text: `rows` rows by `vectors` vectors, over all of k.
 *
 * They take sizes and strides at run time and are shared by all products of a file. The right operand is packed:
 * vectors of a panel lie side by side, `b_step` floats from one k to the next, panels `b_panel` floats apart. C is written
 * row by row, `c_step` floats apart, or added to.
 */

import type { Block } from './context.ts';
import type { Target } from './target.ts';

/** Name of a block's function. */
export function blockName({ rows, vectors }: Block): string {
  return `block_${rows}x${vectors}`;
}

/** Text of a block's function. `perPanel` is the number of vectors in a panel. */
export function blockText({ rows, vectors }: Block, { lanes }: Target): string {
  const each = (text: (row: number, vector: number) => string): string =>
    Array.from({ length: rows }, (_, row) =>
      Array.from({ length: vectors }, (_, vector) => text(row, vector)).join(' '),
    ).join('\n');
  const perPanel = Math.min(2, vectors);
  const b = (vector: number): string => {
    const panel = Math.floor(vector / perPanel);
    const within = (vector % perPanel) * lanes;
    return `b${panel === 0 ? '' : ` + ${panel} * b_panel`}${within === 0 ? '' : ` + ${within}`}`;
  };
  const loads = Array.from({ length: vectors }, (_, vector) => `    const f32v b${vector} = load_f(${b(vector)});`);
  const rowsOf = Array.from({ length: rows }, (_, row) => {
    const sums = Array.from({ length: vectors }, (_, vector) => `c${row}_${vector} += x * b${vector};`);
    return `    x = splat_f(a[${row} * a_row]); ${sums.join(' ')}`;
  });
  const at = (row: number, vector: number): string => `c + ${row} * c_step + ${vector * lanes}`;
  return `/* C = A B, or C += A B, for ${rows} rows and ${vectors * lanes} columns. */
HELPER void ${blockName({ rows, vectors })}(const float *a, long a_row, long a_step, const float *b, long b_step,
                              long b_panel, long k, float *c, long c_step, int add) {
  f32v ${Array.from({ length: rows * vectors }, (_, i) => `c${Math.floor(i / vectors)}_${i % vectors} = {0}`).join(', ')};
  if (add) {
${each((row, vector) => `    c${row}_${vector} = load_f(${at(row, vector)});`)}
  }
  for (; k > 0; --k) {
    f32v x;
${loads.join('\n')}
${rowsOf.join('\n')}
    a += a_step;
    b += b_step;
  }
${each((row, vector) => `  store_f(${at(row, vector)}, c${row}_${vector});`)}
}`;
}

/** Rows and vectors that keep the multipliers busy without spilling. */
export function largestBlock(vectors: number, { registers }: Target): number {
  if (registers === 32) return vectors === 1 ? 14 : vectors === 2 ? 12 : Math.floor(24 / vectors);
  return vectors === 1 ? 10 : vectors === 2 ? 6 : Math.floor(12 / vectors);
}

/** Cuts `rows` into blocks of at most `most`, as even as can be: sizes differ by one at most. */
export function evenBlocks(rows: number, most: number): { readonly rows: number; readonly count: number }[] {
  const blocks = Math.ceil(rows / most);
  const small = Math.floor(rows / blocks);
  const larger = rows % blocks;
  return [
    { rows: small + 1, count: larger },
    { rows: small, count: blocks - larger },
  ].filter(({ count }) => count > 0);
}
