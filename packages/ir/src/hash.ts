/**
 * A 128-bit hash of what a Program means: its types, ops, attributes and constants, in the numbering of the Program.
 * Metadata and names of parameters do not count, so equal hashes mean equal code. It is a cache key, not a
 * signature: it does not resist an adversary.
 */

import type { AttributeKind } from './attribute-kinds.ts';
import { attributesOf } from './attribute-kinds.ts';
import { Digest } from './digest.ts';
import type { CallGradient, Program } from './ops.ts';
import { ops } from './ops.ts';
import type { Dim, Shape, TensorType } from './types.ts';
import { dtypes } from './types.ts';

/** 32 hexadecimal digits. The Program is a verified one. */
export function hash(program: Program): string {
  const digest = new Digest();
  addProgram(digest, program);
  return digest.hex();
}

function addProgram(digest: Digest, { params, instructions, results }: Program): void {
  digest.word(params.length);
  for (const { type } of params) addType(digest, type);
  digest.word(instructions.length);
  for (const { op, operands, attributes, types } of instructions) {
    digest.word(ops.indexOf(op));
    addWords(digest, operands);
    for (const [name, kind] of attributesOf(op))
      addAttribute(digest, kind, (attributes as Record<string, unknown>)[name]);
    digest.word(types.length);
    for (const type of types) addType(digest, type);
  }
  addWords(digest, results);
}

function addAttribute(digest: Digest, kind: AttributeKind, value: unknown): void {
  switch (kind) {
    case 'integer':
      digest.number(value as number);
      break;
    case 'flag':
      digest.word(value === true ? 1 : 0);
      break;
    case 'integers':
    case 'numbers': {
      const numbers = value as readonly number[];
      digest.word(numbers.length);
      for (const x of numbers) digest.number(x);
      break;
    }
    case 'pair':
      for (const side of value as readonly (readonly number[])[]) addWords(digest, side);
      break;
    case 'dim':
      addDim(digest, value as Dim);
      break;
    case 'shape':
      addShape(digest, value as Shape);
      break;
    case 'dimension':
    case 'dtype':
    case 'text':
      digest.text(value as string);
      break;
    case 'program':
      addProgram(digest, value as Program);
      break;
    case 'gradient':
      addGradient(digest, value as CallGradient);
  }
}

function addGradient(digest: Digest, gradient: CallGradient): void {
  digest.text(typeof gradient === 'string' ? gradient : 'custom');
  if (typeof gradient === 'string') return;
  addProgram(digest, gradient.forward);
  addProgram(digest, gradient.backward);
}

function addType(digest: Digest, { dtype, shape }: TensorType): void {
  digest.word(dtypes.indexOf(dtype));
  addShape(digest, shape);
}

function addShape(digest: Digest, shape: Shape): void {
  digest.word(shape.length);
  for (const dim of shape) addDim(digest, dim);
}

function addDim(digest: Digest, dim: Dim): void {
  digest.word(typeof dim === 'number' ? 0 : 1);
  if (typeof dim === 'number') digest.number(dim);
  else digest.text(dim);
}

function addWords(digest: Digest, words: readonly number[]): void {
  digest.word(words.length);
  for (const word of words) digest.word(word);
}
