import type { DType, TensorType } from '../src/index.ts';

/** The type that a text like `f32[batch,3]` or `bool` speaks of. */
export function typeOf(text: string): TensorType {
  const [dtype = '', dims = ''] = text.replace(']', '').split('[');
  const shape = dims === '' ? [] : dims.split(',').map((dim) => (/^\d/.test(dim) ? Number(dim) : dim));
  return { dtype: dtype as DType, shape };
}

/** The types in a text separated by spaces; none for the empty text. */
export function typesOf(text: string): TensorType[] {
  return text === '' ? [] : text.split(' ').map(typeOf);
}
