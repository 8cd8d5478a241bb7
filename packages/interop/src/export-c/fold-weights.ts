/**
 * A Program with its weights inside, and all work that depends on weights alone done once and for all, in double.
 *
 * What is left of the weights are the constants that a run really reads: merged heads instead of two, constrained
 * values instead of raw ones. Movements of weights stay in the Program, where they cost nothing, so that no number is
 * stored twice.
 */

import type { Instruction, Metadata, Program, ValueId } from '@rheo/ir';
import { evaluate, ProgramBuilder, valueTypes } from '@rheo/ir';

/** A weight with its values and its path in the model. */
export interface Weight {
  readonly name: string;
  readonly data: ArrayLike<number>;
}

/** The Program with weights for its first parameters; the others keep their order. */
export function foldWeights(program: Program, weights: readonly Weight[]): Program {
  const known = knownValues(program, weights.length);
  const wanted = wantedValues(program, known);
  const values = valuesOf(program, weights, wanted);
  const names = originsOf(program, weights, known);
  const types = valueTypes(program);
  const builder = new ProgramBuilder();
  const ids = new Map<ValueId, ValueId>();
  program.params.forEach(({ type, name }, id) => {
    if (id >= weights.length) ids.set(id, builder.param(type, name));
  });
  const constant = (id: ValueId, layer: string | undefined): void => {
    const type = types[id];
    const value = values.get(id);
    if (type === undefined || value === undefined) return;
    const metadata: Metadata = { ...(layer === undefined ? {} : { layer }), name: listed(names[id] ?? []) };
    const attributes = { dtype: type.dtype, shape: type.shape as readonly number[], value: Array.from(value) };
    ids.set(id, builder.one('constant', [], attributes, metadata));
  };
  weights.forEach((_, id) => {
    constant(id, undefined);
  });
  for (const instruction of program.instructions) {
    const { id, op, operands, attributes, metadata } = instruction;
    if (values.has(id)) constant(id, metadata?.layer);
    else if (operands.every((operand) => ids.has(operand))) {
      const moved = operands.map((operand) => ids.get(operand) as ValueId);
      builder.emit(op, moved, attributes as never, metadata).forEach((made, index) => {
        ids.set(id + index, made);
      });
    }
  }
  return builder.build(program.results.map((id) => ids.get(id) as ValueId));
}

/** Values that depend on weights and constants alone; a `while` might not end, so none is run ahead. */
function knownValues(program: Program, weights: number): ReadonlySet<ValueId> {
  const known = new Set<ValueId>(Array.from({ length: weights }, (_, id) => id));
  for (const { id, op, operands, types } of program.instructions) {
    if (op === 'while' || !operands.every((operand) => known.has(operand))) continue;
    types.forEach((_, index) => {
      known.add(id + index);
    });
  }
  return known;
}

/** Known values that must become constants: what the rest of the Program reads, seen through movements. */
function wantedValues(program: Program, known: ReadonlySet<ValueId>): ReadonlySet<ValueId> {
  const definitions = new Map<ValueId, Instruction>();
  for (const instruction of program.instructions) definitions.set(instruction.id, instruction);
  const wanted = new Set<ValueId>();
  const want = (id: ValueId): void => {
    if (!known.has(id)) return;
    const definition = definitions.get(id);
    if (definition === undefined || !staysInProgram(definition)) wanted.add(id);
    else for (const operand of definition.operands) want(operand);
  };
  for (const { id, operands } of program.instructions) if (!known.has(id)) operands.forEach(want);
  program.results.forEach(want);
  return wanted;
}

/** Instructions that cost nothing where they are used, and memory as a constant. */
function staysInProgram({ op }: Instruction): boolean {
  return ['constant', 'iota', 'reshape', 'transpose', 'broadcast', 'slice', 'reverse'].includes(op);
}

function valuesOf(
  program: Program,
  weights: readonly Weight[],
  wanted: ReadonlySet<ValueId>,
): ReadonlyMap<ValueId, ArrayLike<number>> {
  const results = [...wanted];
  const builder = new ProgramBuilder();
  const ids = new Map<ValueId, ValueId>();
  program.params.slice(0, weights.length).forEach(({ type }, id) => {
    ids.set(id, builder.param(type));
  });
  for (const { id, op, operands, attributes, metadata } of program.instructions) {
    if (op === 'while' || !operands.every((operand) => ids.has(operand))) continue;
    const moved = operands.map((operand) => ids.get(operand) as ValueId);
    builder.emit(op, moved, attributes as never, metadata).forEach((made, index) => {
      ids.set(id + index, made);
    });
  }
  const known = builder.build(results.map((id) => ids.get(id) as ValueId));
  const values = evaluate(
    known,
    weights.map(({ data }) => data),
  );
  return new Map(results.map((id, index) => [id, values[index] as ArrayLike<number>]));
}

/** Names of the weights behind every known value. */
function originsOf(program: Program, weights: readonly Weight[], known: ReadonlySet<ValueId>): string[][] {
  const origins: string[][] = weights.map(({ name }) => [name]);
  for (const { id, operands, types } of program.instructions) {
    const names = known.has(id) ? [...new Set(operands.flatMap((operand) => origins[operand] ?? []))] : [];
    types.forEach((_, index) => {
      origins[id + index] = names;
    });
  }
  return origins;
}

function listed(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}
