/**
 * The instruction set of code on four-byte elements as text: the parts of MVP, sign extension, saturating truncation,
 * SIMD and atomics that work on i32, f32, i32x4, f32x4 and v128. Each entry is a first opcode and the mnemonics that
 * follow it one by one; a word that starts with "." repeats the last prefix and "-n" skips n opcodes. The same text is
 * parsed by the type system, so a misspelt mnemonic does not compile. Control flow, constants, locals and bulk memory
 * have methods of their own on the function builder.
 *
 * Encoded opcode: below 256 a single byte, else prefix byte × 4096 + sub-opcode.
 */

type Words<S extends string, P extends string, Found = never> = S extends `${infer W} ${infer R}`
  ? Words<R, Prefix<W, P>, Found | Full<W, P>>
  : Found | Full<S, P>;
type Prefix<W extends string, P extends string> = W extends `.${string}` ? P : W extends `${infer Q}.${string}` ? Q : P;
type Full<W extends string, P extends string> = W extends `-${string}`
  ? never
  : W extends `.${string}`
    ? `${P}${W}`
    : W;
type Table = readonly (readonly [code: number, words: string])[];
type Names<T extends Table> = { [K in keyof T]: Words<T[K][1], ''> }[number];

const plain = [
  [0x00, 'unreachable nop'],
  [0x1a, 'drop select'],
  [0x45, 'i32.eqz .eq .ne .lt_s .lt_u .gt_s .gt_u .le_s .le_u .ge_s .ge_u'],
  [0x5b, 'f32.eq .ne .lt .gt .le .ge -6 i32.clz .ctz .popcnt .add .sub .mul .div_s .div_u .rem_s .rem_u'],
  [0x71, 'i32.and .or .xor .shl .shr_s .shr_u .rotl .rotr'],
  [0x8b, 'f32.abs .neg .ceil .floor .trunc .nearest .sqrt .add .sub .mul .div .min .max .copysign'],
  [
    0xa8,
    'i32.trunc_f32_s .trunc_f32_u -8 f32.convert_i32_s .convert_i32_u -8 i32.reinterpret_f32 -1 f32.reinterpret_i32',
  ],
  [0xc0, 'i32.extend8_s .extend16_s'],
  [0xfc000, 'i32.trunc_sat_f32_s .trunc_sat_f32_u'],
  [0xfd011, 'i32x4.splat -1 f32x4.splat'],
  [0xfd037, 'i32x4.eq .ne .lt_s .lt_u .gt_s .gt_u .le_s .le_u .ge_s .ge_u f32x4.eq .ne .lt .gt .le .ge -6 v128.not'],
  [0xfd04e, 'v128.and .andnot .or .xor .bitselect .any_true'],
  [0xfd067, 'f32x4.ceil .floor .trunc .nearest'],
  [0xfd0a0, 'i32x4.abs .neg -1 .all_true .bitmask -6 .shl .shr_s .shr_u .add -2 .sub -3 .mul .min_s .min_u'],
  [0xfd0b8, 'i32x4.max_s .max_u'],
  [0xfd0e0, 'f32x4.abs .neg -1 .sqrt .add .sub .mul .div .min .max .pmin .pmax'],
  [0xfd0f8, 'i32x4.trunc_sat_f32x4_s .trunc_sat_f32x4_u f32x4.convert_i32x4_s .convert_i32x4_u'],
] as const;

const lane = [[0xfd01b, 'i32x4.extract_lane .replace_lane -2 f32x4.extract_lane .replace_lane']] as const;

const memory = [
  [0x28, 'i32.load -1 f32.load -1 i32.load8_s .load8_u .load16_s .load16_u -6 .store -1 f32.store -1 i32.store8'],
  [0x3b, 'i32.store16'],
  [
    0xfd000,
    'v128.load .load8x8_s .load8x8_u .load16x4_s .load16x4_u .load32x2_s .load32x2_u .load8_splat .load16_splat',
  ],
  [0xfd009, 'v128.load32_splat .load64_splat .store'],
  [0xfd05c, 'v128.load32_zero .load64_zero'],
  [0xfe000, 'memory.atomic.notify .atomic.wait32'],
  [0xfe010, 'i32.atomic.load -6 .atomic.store -6 .atomic.rmw.add -6 .atomic.rmw.sub'],
  [0xfe041, 'i32.atomic.rmw.xchg -6 .atomic.rmw.cmpxchg'],
] as const;

const memoryLane = [
  [0xfd054, 'v128.load8_lane .load16_lane .load32_lane .load64_lane .store8_lane .store16_lane .store32_lane'],
  [0xfd05b, 'v128.store64_lane'],
] as const;

/** Instructions without immediates. */
export type PlainOp = Names<typeof plain>;
/** Instructions with a lane number. */
export type LaneOp = Names<typeof lane>;
/** Loads, stores and atomics: an address (and offset) each. */
export type MemoryOp = Names<typeof memory>;
/** Loads and stores of one lane. */
export type MemoryLaneOp = Names<typeof memoryLane>;

/** The encoded opcode of every mnemonic in the tables above. */
export const opcodes: ReadonlyMap<string, number> = /* @__PURE__ */ readTables([plain, lane, memory, memoryLane]);

function readTables(tables: readonly Table[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const [first, words] of tables.flat()) {
    let code = first;
    let prefix = '';
    for (const word of words.split(' ')) {
      if (word.startsWith('-')) {
        code -= Number(word);
        continue;
      }
      const dot = word.indexOf('.');
      if (dot > 0) prefix = word.slice(0, dot);
      found.set(dot === 0 ? prefix + word : word, code++);
    }
  }
  return found;
}

const alignments = /* @__PURE__ */ new Map<string, number>();

/** Log2 of the natural alignment in bytes, read off the mnemonic: load32_splat 2, load16x4_s 3, v128.store 4. */
export function naturalAlignment(op: string): number {
  const known = alignments.get(op);
  if (known !== undefined) return known;
  const [, bits, lanes] = /(?:load|store|wait)(\d+)x?(\d*)/.exec(op) ?? [];
  const width = bits ? Number(bits) * Number(lanes || 1) : /^v128/.test(op) ? 128 : /^.64/.test(op) ? 64 : 32;
  const align = Math.log2(width / 8);
  alignments.set(op, align);
  return align;
}
