/**
 * Small functions that expressions call, printed into a file only where they are used.
 *
 * Their names start with the prefix of the file, so that two files may meet in one translation unit.
 */

import type { Dialect } from './dialect.ts';

/** Name of a helper. */
export type Helper =
  | 'max'
  | 'min'
  | 'sign'
  | 'logistic'
  | 'to_i32'
  | 'max_i32'
  | 'min_i32'
  | 'abs_i32'
  | 'clamp'
  | 'random';

type Text = (dialect: Dialect, name: string) => string;

/** Definition of every helper; `name` is how it is called. */
const definitions: { readonly [K in Helper]: Text } = {
  max: ({ value, local }, name) => `/* NaN if either is NaN. */
${local} ${value.f32} ${name}(${value.f32} a, ${value.f32} b) {
  return (a > b || a != a) ? a : b;
}`,
  min: ({ value, local }, name) => `/* NaN if either is NaN. */
${local} ${value.f32} ${name}(${value.f32} a, ${value.f32} b) {
  return (a < b || a != a) ? a : b;
}`,
  sign: ({ value, local }, name) => `/* Zero and NaN are their own sign. */
${local} ${value.f32} ${name}(${value.f32} x) {
  return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x;
}`,
  logistic: ({ value, local, functions }, name) => `/* 1 / (1 + e^-x), without overflow on either side. */
${local} ${value.f32} ${name}(${value.f32} x) {
  const ${value.f32} e = ${functions.exp}(-${functions.abs}(x));
  return (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}`,
  to_i32: ({ value, local }, name) => `/* Toward zero; saturates; NaN gives 0. */
${local} ${value.i32} ${name}(${value.f32} x) {
  if (x != x) return 0;
  if (x >= 2147483648.0f) return INT32_C(2147483647);
  if (x <= -2147483648.0f) return -INT32_C(2147483647) - 1;
  return (${value.i32})x;
}`,
  max_i32: ({ value, local }, name) => `${local} ${value.i32} ${name}(${value.i32} a, ${value.i32} b) {
  return a > b ? a : b;
}`,
  min_i32: ({ value, local }, name) => `${local} ${value.i32} ${name}(${value.i32} a, ${value.i32} b) {
  return a < b ? a : b;
}`,
  abs_i32: ({ value, local }, name) => `${local} ${value.i32} ${name}(${value.i32} a) {
  return a < 0 ? (${value.i32})(0u - (${value.u32})a) : a;
}`,
  clamp: ({ value, local }, name) => `/* An index within 0 ... size - 1. */
${local} ${value.i32} ${name}(${value.i32} index, ${value.i32} size) {
  return index < 0 ? 0 : index < size ? index : size - 1;
}`,
  random: ({ value, local }, name) => `/* First word of threefry2x32 with 20 rounds (Salmon and others, 2011). */
${local} ${value.u32} ${name}(${value.u32} key0, ${value.u32} key1, ${value.u32} x0, ${value.u32} x1) {
  static const uint8_t turns[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  ${value.u32} key[3];
  int group, round;
  key[0] = key0;
  key[1] = key1;
  key[2] = key0 ^ key1 ^ UINT32_C(0x1bd11bda);
  x0 += key[0];
  x1 += key[1];
  for (group = 0; group < 5; ++group) {
    for (round = 0; round < 4; ++round) {
      const int turn = turns[group & 1][round];
      x0 += x1;
      x1 = ((x1 << turn) | (x1 >> (32 - turn))) ^ x0;
    }
    x0 += key[(group + 1) % 3];
    x1 += key[(group + 2) % 3] + (${value.u32})(group + 1);
  }
  return x0;
}`,
};

/** Definitions of the helpers used, in a fixed order. */
export function helperText(dialect: Dialect, used: ReadonlySet<Helper>, prefix: string): string[] {
  return (Object.keys(definitions) as Helper[])
    .filter((helper) => used.has(helper))
    .map((helper) => definitions[helper](dialect, `${prefix}_${helper}`));
}
