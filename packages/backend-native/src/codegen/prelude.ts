/**
 * The head of every generated file: vector types of GCC and Clang, and the small functions that kernels are made of.
 *
 * No header is included: that alone would take longer than all the rest. Vectors are read and written at any multiple
 * of four bytes. Masks are integer vectors of all bits or none.
 */

import type { Target } from './target.ts';

/** Text of the head. Functions that a file does not use cost nothing: they are static and inline. */
export function prelude({ lanes }: Target): string {
  const list = (text: (lane: number) => string, count: number = lanes): string =>
    Array.from({ length: count }, (_, lane) => text(lane)).join(', ');
  const kinds = [
    { vector: 'f32v', scalar: 'float', suffix: 'f' },
    { vector: 'i32v', scalar: 'int', suffix: 'i' },
    { vector: 'u32v', scalar: 'unsigned', suffix: 'u' },
  ];
  const types = kinds.map(
    ({ vector, scalar }) => `typedef ${scalar} ${vector} __attribute__((vector_size(${lanes * 4})));
typedef ${scalar} ${vector}_any __attribute__((vector_size(${lanes * 4}), aligned(4), may_alias));`,
  );
  const memory = kinds.map(
    ({ vector, scalar, suffix }) => `
INLINE ${vector} splat_${suffix}(${scalar} x) { return (${vector}){${list(() => 'x')}}; }
INLINE ${vector} load_${suffix}(const ${scalar} *p) { return *(const ${vector}_any *)p; }
INLINE void store_${suffix}(${scalar} *p, ${vector} v) { *(${vector}_any *)p = v; }
/* The first n lanes, from and to memory side by side or a step apart. */
INLINE void store_${suffix}_part(${scalar} *p, ${vector} v, int n) { __builtin_memcpy(p, &v, 4 * n); }
INLINE ${vector} load_${suffix}_step(const ${scalar} *p, long step, int n) {
  if (n == ${lanes}) return (${vector}){${list((lane) => `p[${lane} * step]`)}};
  ${vector} v = splat_${suffix}(0);
  for (int lane = 0; lane < n; ++lane) v[lane] = p[lane * step];
  return v;
}
INLINE void store_${suffix}_step(${scalar} *p, ${vector} v, long step, int n) {
  for (int lane = 0; lane < n; ++lane) p[lane * step] = v[lane];
}
INLINE ${vector} gather_${suffix}(const ${scalar} *p, i32v at, int n) {
  if (n == ${lanes}) return (${vector}){${list((lane) => `p[at[${lane}]]`)}};
  ${vector} v = splat_${suffix}(0);
  for (int lane = 0; lane < n; ++lane) v[lane] = p[at[lane]];
  return v;
}
INLINE ${vector} where_${suffix}(i32v mask, ${vector} a, ${vector} b) {
  return (${vector})(((i32v)a & mask) | ((i32v)b & ~mask));
}`,
  );
  return `#define INLINE static inline __attribute__((always_inline))
#define HELPER static __attribute__((noinline))
${types.join('\n')}
${memory.join('\n')}

INLINE i32v lane_numbers(void) { return (i32v){${list(String)}}; }
/* Toward zero; saturates; NaN gives 0. */
INLINE i32v to_int(f32v x) {
  const i32v whole = __builtin_convertvector(x, i32v);
  const i32v high = where_i(x >= 2147483648.0f, splat_i(0x7fffffff), whole);
  return where_i(x <= -2147483648.0f, splat_i(-0x7fffffff - 1), high) & (x == x);
}
INLINE f32v to_float(i32v x) { return __builtin_convertvector(x, f32v); }
INLINE i32v clamp(i32v index, int size) {
  index = where_i(index < 0, splat_i(0), index);
  return where_i(index < size, index, splat_i(size - 1));
}
${reductions(lanes)}`;
}

/** Sums and maxima across the lanes, half onto half. */
function reductions(lanes: number): string {
  const halves: number[] = [];
  for (let half = lanes / 2; half >= 1; half /= 2) halves.push(half);
  const swap = (half: number): string => Array.from({ length: lanes }, (_, lane) => (lane + half) % lanes).join(', ');
  const integers = ['i', 'u'].flatMap((suffix) =>
    [
      ['max', '>'],
      ['min', '<'],
    ].map(([name, sign]) => {
      const vector = `${suffix}32v`;
      return `INLINE ${vector} ${name}_${suffix}(${vector} a, ${vector} b) { return where_${suffix}(a ${sign} b, a, b); }`;
    }),
  );
  const across = (suffix: string, name: string, fold: (other: string) => string): string =>
    `INLINE ${suffix}32v ${name}_across_${suffix}(${suffix}32v v) {
${halves.map((half) => `  v = ${fold(`SWAP(v, ${swap(half)})`)};`).join('\n')}
  return v;
}`;
  return `#if defined(__clang__) || __GNUC__ >= 12
#define SWAP(v, ...) __builtin_shufflevector(v, v, __VA_ARGS__)
#else
#define SWAP(v, ...) __builtin_shuffle(v, (i32v){__VA_ARGS__})
#endif
INLINE f32v max_f(f32v a, f32v b) { return where_f((a > b) | (a != a), a, b); }
INLINE f32v min_f(f32v a, f32v b) { return where_f((a < b) | (a != a), a, b); }
${integers.join('\n')}
${['f', 'i', 'u'].flatMap((suffix) => [across(suffix, 'sum', (other) => `v + ${other}`), across(suffix, 'max', (other) => `max_${suffix}(v, ${other})`)]).join('\n')}`;
}
