/**
 * The instruction set as text: MVP, sign extension, saturating truncation, 128-bit SIMD, relaxed SIMD
 * and the 32-bit atomics. Each entry is a first opcode and the mnemonics that follow it one by one;
 * a word that starts with "." repeats the last prefix and "-n" skips n opcodes. The same text is
 * parsed by the type system, so a misspelt mnemonic does not compile. Control flow, constants,
 * locals and bulk memory have methods of their own on the function builder.
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
  [0x50, 'i64.eqz .eq .ne .lt_s .lt_u .gt_s .gt_u .le_s .le_u .ge_s .ge_u'],
  [0x5b, 'f32.eq .ne .lt .gt .le .ge f64.eq .ne .lt .gt .le .ge'],
  [
    0x67,
    'i32.clz .ctz .popcnt .add .sub .mul .div_s .div_u .rem_s .rem_u .and .or .xor .shl .shr_s .shr_u .rotl .rotr',
  ],
  [
    0x79,
    'i64.clz .ctz .popcnt .add .sub .mul .div_s .div_u .rem_s .rem_u .and .or .xor .shl .shr_s .shr_u .rotl .rotr',
  ],
  [0x8b, 'f32.abs .neg .ceil .floor .trunc .nearest .sqrt .add .sub .mul .div .min .max .copysign'],
  [0x99, 'f64.abs .neg .ceil .floor .trunc .nearest .sqrt .add .sub .mul .div .min .max .copysign'],
  [0xa7, 'i32.wrap_i64 .trunc_f32_s .trunc_f32_u .trunc_f64_s .trunc_f64_u'],
  [0xac, 'i64.extend_i32_s .extend_i32_u .trunc_f32_s .trunc_f32_u .trunc_f64_s .trunc_f64_u'],
  [0xb2, 'f32.convert_i32_s .convert_i32_u .convert_i64_s .convert_i64_u .demote_f64'],
  [0xb7, 'f64.convert_i32_s .convert_i32_u .convert_i64_s .convert_i64_u .promote_f32'],
  [0xbc, 'i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64'],
  [0xc0, 'i32.extend8_s .extend16_s i64.extend8_s .extend16_s .extend32_s'],
  [0xfc000, 'i32.trunc_sat_f32_s .trunc_sat_f32_u .trunc_sat_f64_s .trunc_sat_f64_u'],
  [0xfc004, 'i64.trunc_sat_f32_s .trunc_sat_f32_u .trunc_sat_f64_s .trunc_sat_f64_u'],
  [0xfd00e, 'i8x16.swizzle .splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat'],
  [0xfd023, 'i8x16.eq .ne .lt_s .lt_u .gt_s .gt_u .le_s .le_u .ge_s .ge_u'],
  [0xfd02d, 'i16x8.eq .ne .lt_s .lt_u .gt_s .gt_u .le_s .le_u .ge_s .ge_u'],
  [0xfd037, 'i32x4.eq .ne .lt_s .lt_u .gt_s .gt_u .le_s .le_u .ge_s .ge_u'],
  [0xfd041, 'f32x4.eq .ne .lt .gt .le .ge f64x2.eq .ne .lt .gt .le .ge'],
  [0xfd04d, 'v128.not .and .andnot .or .xor .bitselect .any_true'],
  [0xfd05e, 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4'],
  [0xfd060, 'i8x16.abs .neg .popcnt .all_true .bitmask .narrow_i16x8_s .narrow_i16x8_u'],
  [0xfd067, 'f32x4.ceil .floor .trunc .nearest i8x16.shl .shr_s .shr_u'],
  [0xfd06e, 'i8x16.add .add_sat_s .add_sat_u .sub .sub_sat_s .sub_sat_u f64x2.ceil .floor'],
  [0xfd076, 'i8x16.min_s .min_u .max_s .max_u f64x2.trunc i8x16.avgr_u'],
  [0xfd07c, 'i16x8.extadd_pairwise_i8x16_s .extadd_pairwise_i8x16_u'],
  [0xfd07e, 'i32x4.extadd_pairwise_i16x8_s .extadd_pairwise_i16x8_u'],
  [0xfd080, 'i16x8.abs .neg .q15mulr_sat_s .all_true .bitmask .narrow_i32x4_s .narrow_i32x4_u'],
  [0xfd087, 'i16x8.extend_low_i8x16_s .extend_high_i8x16_s .extend_low_i8x16_u .extend_high_i8x16_u'],
  [0xfd08b, 'i16x8.shl .shr_s .shr_u .add .add_sat_s .add_sat_u .sub .sub_sat_s .sub_sat_u f64x2.nearest'],
  [0xfd095, 'i16x8.mul .min_s .min_u .max_s .max_u -1 .avgr_u'],
  [0xfd09c, 'i16x8.extmul_low_i8x16_s .extmul_high_i8x16_s .extmul_low_i8x16_u .extmul_high_i8x16_u'],
  [0xfd0a0, 'i32x4.abs .neg -1 .all_true .bitmask -2 .extend_low_i16x8_s .extend_high_i16x8_s'],
  [0xfd0a9, 'i32x4.extend_low_i16x8_u .extend_high_i16x8_u .shl .shr_s .shr_u .add -2 .sub -3 .mul'],
  [0xfd0b6, 'i32x4.min_s .min_u .max_s .max_u .dot_i16x8_s'],
  [0xfd0bc, 'i32x4.extmul_low_i16x8_s .extmul_high_i16x8_s .extmul_low_i16x8_u .extmul_high_i16x8_u'],
  [0xfd0c0, 'i64x2.abs .neg -1 .all_true .bitmask -2 .extend_low_i32x4_s .extend_high_i32x4_s'],
  [0xfd0c9, 'i64x2.extend_low_i32x4_u .extend_high_i32x4_u .shl .shr_s .shr_u .add -2 .sub -3 .mul'],
  [0xfd0d6, 'i64x2.eq .ne .lt_s .gt_s .le_s .ge_s'],
  [0xfd0dc, 'i64x2.extmul_low_i32x4_s .extmul_high_i32x4_s .extmul_low_i32x4_u .extmul_high_i32x4_u'],
  [0xfd0e0, 'f32x4.abs .neg -1 .sqrt .add .sub .mul .div .min .max .pmin .pmax'],
  [0xfd0ec, 'f64x2.abs .neg -1 .sqrt .add .sub .mul .div .min .max .pmin .pmax'],
  [0xfd0f8, 'i32x4.trunc_sat_f32x4_s .trunc_sat_f32x4_u f32x4.convert_i32x4_s .convert_i32x4_u'],
  [0xfd0fc, 'i32x4.trunc_sat_f64x2_s_zero .trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s .convert_low_i32x4_u'],
  [0xfd100, 'i8x16.relaxed_swizzle i32x4.relaxed_trunc_f32x4_s .relaxed_trunc_f32x4_u'],
  [0xfd103, 'i32x4.relaxed_trunc_f64x2_s_zero .relaxed_trunc_f64x2_u_zero'],
  [0xfd105, 'f32x4.relaxed_madd .relaxed_nmadd f64x2.relaxed_madd .relaxed_nmadd'],
  [0xfd109, 'i8x16.relaxed_laneselect i16x8.relaxed_laneselect i32x4.relaxed_laneselect i64x2.relaxed_laneselect'],
  [0xfd10d, 'f32x4.relaxed_min .relaxed_max f64x2.relaxed_min .relaxed_max'],
  [0xfd111, 'i16x8.relaxed_q15mulr_s .relaxed_dot_i8x16_i7x16_s i32x4.relaxed_dot_i8x16_i7x16_add_s'],
] as const;

const lane = [
  [0xfd015, 'i8x16.extract_lane_s .extract_lane_u .replace_lane i16x8.extract_lane_s .extract_lane_u .replace_lane'],
  [0xfd01b, 'i32x4.extract_lane .replace_lane i64x2.extract_lane .replace_lane'],
  [0xfd01f, 'f32x4.extract_lane .replace_lane f64x2.extract_lane .replace_lane'],
] as const;

const memory = [
  [0x28, 'i32.load i64.load f32.load f64.load i32.load8_s .load8_u .load16_s .load16_u'],
  [0x30, 'i64.load8_s .load8_u .load16_s .load16_u .load32_s .load32_u'],
  [0x36, 'i32.store i64.store f32.store f64.store i32.store8 .store16 i64.store8 .store16 .store32'],
  [0xfd000, 'v128.load .load8x8_s .load8x8_u .load16x4_s .load16x4_u .load32x2_s .load32x2_u'],
  [0xfd007, 'v128.load8_splat .load16_splat .load32_splat .load64_splat .store'],
  [0xfd05c, 'v128.load32_zero .load64_zero'],
  [0xfe000, 'memory.atomic.notify .atomic.wait32'],
  [0xfe010, 'i32.atomic.load -6 .atomic.store -6 .atomic.rmw.add -6 .atomic.rmw.sub'],
  [0xfe041, 'i32.atomic.rmw.xchg -6 .atomic.rmw.cmpxchg'],
] as const;

const memoryLane = [
  [
    0xfd054,
    'v128.load8_lane .load16_lane .load32_lane .load64_lane .store8_lane .store16_lane .store32_lane .store64_lane',
  ],
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
