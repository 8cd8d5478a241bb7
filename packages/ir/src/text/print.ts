/**
 * The text form of a Program: one instruction per line, nested Programs indented. `parse` reads it back exactly.
 *
 *     program(%0: f32[batch,2] "x") {
 *       %1: f32[batch,2] = tanh(%0) at "model/0" as "y"
 *       return %1
 *     }
 *
 * Numbers print in their shortest exact form, with NaN, Infinity and -0.
 */

import type { AttributeKind } from '../attribute-kinds.ts';
import { attributesOf } from '../attribute-kinds.ts';
import type { CallGradient, Instruction, Program, ValueId } from '../ops.ts';
import type { Shape } from '../types.ts';
import { formatShape, formatType } from '../types.ts';

/** Options of `print`. */
export interface PrintOptions {
  /** False leaves out layers, names of values and names of parameters; true unless given. */
  readonly metadata?: boolean;
}

/** Text of a verified Program. */
export function print(program: Program, options: PrintOptions = {}): string {
  return printAt(program, '', options.metadata ?? true);
}

function printAt(program: Program, indent: string, metadata: boolean): string {
  const inner = `${indent}  `;
  const params = program.params.map(({ type, name }, id) => {
    return `%${id}: ${formatType(type)}${metadata && name !== undefined ? ` ${JSON.stringify(name)}` : ''}`;
  });
  const lines = program.instructions.map((instruction) => printInstruction(instruction, inner, metadata));
  return [
    `program(${params.join(', ')}) {`,
    ...lines,
    `${inner}return${printValues(program.results, ' ')}`,
    `${indent}}`,
  ].join('\n');
}

function printInstruction(instruction: Instruction, indent: string, metadata: boolean): string {
  const { op, id, operands, attributes, types } = instruction;
  const defined = types.map((type, index) => `%${id + index}: ${formatType(type)}`).join(', ');
  let line = `${indent}${defined === '' ? '()' : defined} = ${op}(${printValues(operands, '')})`;
  for (const [name, kind] of attributesOf(op)) {
    line += ` ${name}=${printAttribute(kind, (attributes as Record<string, unknown>)[name], indent, metadata)}`;
  }
  if (metadata && instruction.metadata?.layer !== undefined)
    line += ` at ${JSON.stringify(instruction.metadata.layer)}`;
  if (metadata && instruction.metadata?.name !== undefined) line += ` as ${JSON.stringify(instruction.metadata.name)}`;
  return line;
}

function printAttribute(kind: AttributeKind, value: unknown, indent: string, metadata: boolean): string {
  switch (kind) {
    case 'shape':
      return formatShape(value as Shape);
    case 'integers':
    case 'numbers':
      return printNumbers(value as readonly number[]);
    case 'pair':
      return `[${(value as readonly (readonly number[])[]).map(printNumbers).join(',')}]`;
    case 'text':
      return JSON.stringify(value);
    case 'program':
      return printAt(value as Program, indent, metadata);
    case 'gradient': {
      const gradient = value as CallGradient;
      if (typeof gradient === 'string') return gradient;
      const { forward, backward } = gradient;
      return `custom forward=${printAt(forward, indent, metadata)} backward=${printAt(backward, indent, metadata)}`;
    }
    default:
      return String(value);
  }
}

function printValues(ids: readonly ValueId[], before: string): string {
  return ids.length === 0 ? '' : before + ids.map((id) => `%${id}`).join(', ');
}

function printNumbers(numbers: readonly number[]): string {
  return `[${numbers.map((x) => (Object.is(x, -0) ? '-0' : String(x))).join(',')}]`;
}
