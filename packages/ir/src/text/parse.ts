/**
 * Reads the text form that `print` writes, and verifies what it read.
 *
 * A text may come from anywhere: it is refused with a typed error, never with a crash or a Program that breaks a rule.
 */

import type { AttributeKind } from '../attribute-kinds.ts';
import { attributesOf } from '../attribute-kinds.ts';
import type { CallGradient, Instruction, Metadata, Op, Param, Program } from '../ops.ts';
import { opKinds } from '../ops.ts';
import type { Dim, DType, TensorType } from '../types.ts';
import { dtypes } from '../types.ts';
import { maxDepth, verify } from '../verify.ts';
import { Reader } from './reader.ts';

/** The Program of a text. Throws `RheoError`: `syntax` with line and column, or what `verify` finds. */
export function parse(text: string): Program {
  const reader = new Reader(text);
  const program = readProgram(reader, 0);
  reader.end();
  verify(program);
  return program;
}

function readProgram(reader: Reader, depth: number): Program {
  if (depth > maxDepth) reader.fail(`Programs are nested deeper than ${maxDepth}`);
  reader.keyword('program');
  let count = 0;
  const params = reader.list('(', ')', (): Param => {
    const type = readDefinition(reader, count++);
    const name = reader.takeText();
    return name === undefined ? { type } : { type, name };
  });
  const instructions: Instruction[] = [];
  reader.expect('{');
  while (reader.takeWord('return') === undefined) {
    const instruction = readInstruction(reader, count, depth);
    count += instruction.types.length;
    instructions.push(instruction);
  }
  const results: number[] = [];
  while (!reader.take('}')) {
    if (results.length > 0) reader.expect(',');
    results.push(readValue(reader));
  }
  return { params, instructions, results };
}

function readInstruction(reader: Reader, id: number, depth: number): Instruction {
  const types: TensorType[] = [];
  if (reader.take('(')) reader.expect(')');
  else {
    do types.push(readDefinition(reader, id + types.length));
    while (reader.take(','));
  }
  reader.expect('=');
  const op = reader.word('an op');
  if (!isOp(op)) return reader.fail(`there is no op "${op}"`);
  const operands = reader.list('(', ')', () => readValue(reader));
  const attributes: Record<string, unknown> = {};
  for (const [name, kind] of attributesOf(op)) {
    reader.label(name);
    attributes[name] = readAttribute(reader, kind, depth);
  }
  const layer = reader.takeWord('at') === undefined ? undefined : reader.text();
  const name = reader.takeWord('as') === undefined ? undefined : reader.text();
  const metadata: Metadata = {
    ...(layer === undefined ? {} : { layer }),
    ...(name === undefined ? {} : { name }),
  };
  const instruction = { op, id, operands, attributes, types } as unknown as Instruction;
  return layer === undefined && name === undefined ? instruction : { ...instruction, metadata };
}

function readAttribute(reader: Reader, kind: AttributeKind, depth: number): unknown {
  switch (kind) {
    case 'integer':
      return reader.integer();
    case 'integers':
      return reader.list('[', ']', () => reader.integer());
    case 'numbers':
      return reader.list('[', ']', () => reader.number());
    case 'pair':
      return reader.list('[', ']', () => reader.list('[', ']', () => reader.integer()));
    case 'dim':
      return readDim(reader);
    case 'shape':
      return reader.list('[', ']', () => readDim(reader));
    case 'dimension':
      return reader.word('the name of a dimension');
    case 'dtype':
      return readDType(reader);
    case 'flag':
      return (reader.takeWord('true', 'false') ?? reader.fail('true or false is missing')) === 'true';
    case 'text':
      return reader.text();
    case 'program':
      return readProgram(reader, depth + 1);
    case 'gradient':
      return readGradient(reader, depth);
  }
}

function readGradient(reader: Reader, depth: number): CallGradient {
  const kind = reader.word('a gradient');
  if (kind === 'inline' || kind === 'stop') return kind;
  if (kind !== 'custom') return reader.fail(`there is no gradient "${kind}"`);
  reader.label('forward');
  const forward = readProgram(reader, depth + 1);
  reader.label('backward');
  return { forward, backward: readProgram(reader, depth + 1) };
}

/** `%id: type`, with the number that is due. */
function readDefinition(reader: Reader, due: number): TensorType {
  const id = readValue(reader);
  if (id !== due) reader.fail(`%${id} is defined where %${due} is due`);
  reader.expect(':');
  const dtype = readDType(reader);
  return { dtype, shape: reader.list('[', ']', () => readDim(reader)) };
}

function readValue(reader: Reader): number {
  reader.expect('%');
  return reader.integer();
}

function readDim(reader: Reader): Dim {
  return reader.takeName() ?? reader.integer();
}

function readDType(reader: Reader): DType {
  const word = reader.word('a dtype');
  return dtypes.find((dtype) => dtype === word) ?? reader.fail(`there is no dtype "${word}"`);
}

function isOp(word: string): word is Op {
  return Object.hasOwn(opKinds, word);
}
