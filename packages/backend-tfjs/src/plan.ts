/**
 * A Program made ready to be interpreted: every size a number, constants computed, and for each step the values that
 * nothing reads after it.
 */

import type { Instruction, Program, ValueId } from '@rheo/ir';
import { formatType, opKinds, RheoError } from '@rheo/ir';
import { alone, onHost } from './host.ts';
import { sizeOf } from './lower/views.ts';
import type { BoundType, Value } from './value.ts';

/** One instruction. */
export interface Step {
  readonly instruction: Instruction;
  readonly operands: readonly BoundType[];
  readonly types: readonly BoundType[];
  /** The instruction alone, for the host. */
  readonly program: Program;
  /** Bodies of scan and while; of while the condition first. */
  readonly nested: readonly Plan[];
  /** What it gives, if that needs no run. */
  readonly known: Value | undefined;
  /** Values of which this is the last reader, its own included that nobody reads. */
  readonly last: readonly ValueId[];
}

/** See the head of this file. */
export interface Plan {
  readonly params: number;
  readonly steps: readonly Step[];
  readonly results: readonly ValueId[];
}

/** Copies of constants are made once up to this many elements; larger ones are made where they are used. */
const largestCopy = 2 ** 16;

/** Plans a verified Program without named dimensions and calls. Throws `capability` for a value that the engine cannot hold. */
export function plan(program: Program, maxElements: number): Plan {
  const types = program.params.map(({ type }) => type as BoundType);
  const known = new Map<ValueId, Value>();
  const lastReader = lastReaders(program);
  const steps = program.instructions.map((instruction, index): Step => {
    const operands = instruction.operands.map((id) => types[id] as BoundType);
    const own = instruction.types as readonly BoundType[];
    checkSizes(instruction, own, maxElements);
    types.push(...own);
    const nested = nestedPlans(instruction, maxElements);
    const single = alone(instruction, operands);
    const value = nested.length === 0 ? precomputed(instruction, single, own, known) : undefined;
    if (value !== undefined) known.set(instruction.id, value);
    return { instruction, operands, types: own, program: single, nested, known: value, last: lastReader[index] ?? [] };
  });
  return { params: program.params.length, steps, results: program.results };
}

/** Gives back what a plan holds on the engine. */
export function releasePlan({ steps }: Plan): void {
  for (const { known, nested } of steps) {
    known?.release();
    nested.forEach(releasePlan);
  }
}

function nestedPlans(instruction: Instruction, maxElements: number): Plan[] {
  if (instruction.op === 'scan') return [plan(instruction.attributes.body, maxElements)];
  if (instruction.op !== 'while') return [];
  return [plan(instruction.attributes.cond, maxElements), plan(instruction.attributes.body, maxElements)];
}

/** Sources, and what only moves or converts them. */
function precomputed(
  instruction: Instruction,
  program: Program,
  [type]: readonly BoundType[],
  known: ReadonlyMap<ValueId, Value>,
): Value | undefined {
  if (type === undefined) return undefined;
  const kind = opKinds[instruction.op];
  const values = instruction.operands.map((id) => known.get(id)?.host);
  if (kind !== 'source') {
    if (kind !== 'movement' && kind !== 'convert') return undefined;
    if (sizeOf(type.shape) > largestCopy || !values.every((value) => value !== undefined)) return undefined;
  }
  return onHost(program, values.flatMap((value) => value ?? []) as never, type);
}

/** For each step, the values that it is the last to read, or that it makes and nobody reads. Results stay. */
function lastReaders(program: Program): ValueId[][] {
  const reader = new Map<ValueId, number>();
  program.instructions.forEach(({ id, types, operands }, index) => {
    types.forEach((_, i) => {
      reader.set(id + i, index);
    });
    for (const operand of operands) if (operand >= program.params.length) reader.set(operand, index);
  });
  const lists = program.instructions.map((): ValueId[] => []);
  for (const [id, index] of reader) if (!program.results.includes(id)) lists[index]?.push(id);
  return lists;
}

function checkSizes(instruction: Instruction, types: readonly BoundType[], maxElements: number): void {
  const wrong = types.find(({ shape }) => sizeOf(shape) > maxElements);
  if (wrong === undefined) return;
  throw new RheoError('capability', {
    from: '@rheo/backend-tfjs',
    op: instruction.op,
    layer: instruction.metadata?.layer,
    what: `a tensor of ${sizeOf(wrong.shape)} elements is larger than this device holds in one piece (${maxElements})`,
    shapes: [formatType(wrong)],
    remedy: 'Use smaller batches or shorter sequences, or a backend without textures: wasm, cpu, or Rheo’s own',
  });
}
