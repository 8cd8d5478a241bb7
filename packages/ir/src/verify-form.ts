/**
 * Checks that plain data has the form of a Program, before any rule of the language reads it: arrays where arrays
 * belong, integers, dtypes and names of dimensions, and exactly the attributes that an op has.
 */

import type { AttributeKind } from './attribute-kinds.ts';
import { attributesOf } from './attribute-kinds.ts';
import type { Instruction, Program } from './ops.ts';
import { opKinds } from './ops.ts';
import { isDimensionName } from './shape-checks.ts';
import type { TensorType } from './types.ts';
import { dtypes } from './types.ts';

/** Reports what is wrong with a Program. */
export type Report = (what: string) => never;

/** Reports unless parameters, instructions and results are lists, and the types of parameters are types. */
export function checkProgramForm(program: Program, report: Report): void {
  const { params, instructions, results } = isRecord(program) ? program : report('is not an object');
  if (!Array.isArray(params) || !Array.isArray(instructions) || !isList(results, isIndex)) {
    report('must have lists of params, instructions and results');
  }
  for (const [index, param] of params.entries()) {
    if (!isRecord(param) || !isType(param.type)) report(`parameter ${index} has no type`);
    if (param.name !== undefined && typeof param.name !== 'string') report(`the name of parameter ${index} is no text`);
  }
}

/** Reports unless op, operands, types, metadata and attributes have their forms. Bodies are checked when entered. */
export function checkInstructionForm(instruction: Instruction, report: Report): void {
  if (!isRecord(instruction)) report('an instruction is not an object');
  const { op, operands, types, attributes, metadata } = instruction;
  if (typeof op !== 'string' || !Object.hasOwn(opKinds, op)) report(`there is no op "${String(op)}"`);
  if (!isList(operands, isIndex)) report(`operands of ${op} must be values`);
  if (!isList(types, isType)) report(`${op} must declare types`);
  if (!isRecord(attributes)) report(`${op} has no attributes`);
  const expected = attributesOf(op);
  for (const [name, kind] of expected) {
    if (!hasKind((attributes as Readonly<Record<string, unknown>>)[name], kind))
      report(`${name} of ${op} is not a ${kind}`);
  }
  const extra = Object.keys(attributes).find((name) => !expected.some(([known]) => known === name));
  if (extra !== undefined) report(`${op} has no attribute "${extra}"`);
  if (metadata === undefined) return;
  if (!isRecord(metadata) || !isTextOrAbsent(metadata.layer) || !isTextOrAbsent(metadata.name)) {
    report(`metadata of ${op} must be texts`);
  }
}

function hasKind(value: unknown, kind: AttributeKind): boolean {
  switch (kind) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'integers':
      return isList(value, Number.isSafeInteger);
    case 'pair':
      return isList(value, (side) => isList(side, Number.isSafeInteger)) && (value as unknown[]).length === 2;
    case 'numbers':
      return isList(value, (item) => typeof item === 'number');
    case 'dim':
      return isDim(value);
    case 'shape':
      return isList(value, isDim);
    case 'dimension':
      return isDimensionName(value);
    case 'dtype':
      return dtypes.some((dtype) => dtype === value);
    case 'flag':
      return typeof value === 'boolean';
    case 'text':
      return typeof value === 'string';
    case 'program':
      return isRecord(value);
    case 'gradient':
      return value === 'inline' || value === 'stop' || (isRecord(value) && isCustomGradient(value as object));
  }
}

function isCustomGradient(value: object): boolean {
  return 'forward' in value && 'backward' in value;
}

function isType(value: unknown): value is TensorType {
  if (!isRecord(value)) return false;
  const { dtype, shape } = value as Partial<TensorType>;
  return hasKind(dtype, 'dtype') && hasKind(shape, 'shape');
}

function isDim(value: unknown): boolean {
  return isIndex(value) || isDimensionName(value);
}

function isIndex(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isList(value: unknown, item: (x: unknown) => boolean, length?: number): boolean {
  return Array.isArray(value) && value.every(item) && (length === undefined || value.length === length);
}
