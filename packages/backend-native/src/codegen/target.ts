/**
 * What code generation must know of the processor: how wide vectors are, and how many of them stay in registers.
 */

/** A processor, as far as the shape of code depends on it. */
export interface Target {
  /** Floats of a vector: 4, 8 or 16. */
  readonly lanes: 4 | 8 | 16;
  /** Vector registers. */
  readonly registers: 16 | 32;
  /** Words for people: `AVX-512`. */
  readonly title: string;
}

/** The target that a C compiler generates code for, from the macros that it defines. */
export function targetOf(macros: ReadonlySet<string>): Target {
  if (macros.has('__AVX512F__')) return { lanes: 16, registers: 32, title: 'AVX-512' };
  if (macros.has('__AVX2__') && macros.has('__FMA__')) return { lanes: 8, registers: 16, title: 'AVX2 with FMA' };
  if (macros.has('__AVX__')) return { lanes: 8, registers: 16, title: 'AVX' };
  const title = macros.has('__ARM_NEON') ? 'NEON' : '128-bit vectors';
  return { lanes: 4, registers: macros.has('__aarch64__') ? 32 : 16, title };
}

/** Columns of a register block of matrix products: two vectors where there are so many, else one. */
export function panelOf({ lanes }: Target): (columns: number) => number {
  return (columns) => (columns > lanes ? 2 * lanes : lanes);
}
