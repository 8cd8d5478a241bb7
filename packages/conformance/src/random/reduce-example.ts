/**
 * Makes a failing example smaller while it fails in the same way: fewer results, instructions turned into inputs that
 * hold what the reference computed there, instructions in bodies turned into zeros, dead code and unused inputs gone.
 *
 * This reaches what shrinking a generator's choices does not: the one instruction that is wrong, with its operands.
 */

import type { Attributes, DType, Instruction, Op, Program, TensorData, ValueId } from '@rheo/ir';
import {
  allocate,
  elementCount,
  evaluate,
  nestedPrograms,
  ProgramBuilder,
  resultTypes,
  substituteDims,
} from '@rheo/ir';
import { deadCode } from '@rheo/passes';
import type { Example } from '../example.ts';

/** Runs an example and tells how it fails; undefined if it does not. */
export type Failure = (example: Example) => Promise<string | undefined>;

/** The smallest example found with at most `tries` runs. */
export async function reduceExample(example: Example, failure: Failure, tries: number = 250): Promise<Example> {
  const wanted = await failure(example);
  let best = example;
  let left = tries;
  const attempt = async (smaller: Example | undefined): Promise<boolean> => {
    if (smaller === undefined || left <= 0) return false;
    left--;
    if ((await failure(smaller)) !== wanted) return false;
    best = smaller;
    return true;
  };
  for (let changed = true; changed && left > 0; ) {
    changed = false;
    if (best.program.results.length > 1) {
      for (const id of best.program.results) {
        if (await attempt(tidied({ ...best, program: { ...best.program, results: [id] } }))) break;
      }
    }
    // From the last: what is cut there makes everything before it dead.
    for (let index = best.program.instructions.length - 1; index >= 0; index--) {
      if (best.program.instructions[index] === undefined) continue;
      if (await attempt(asInputs(best, index))) {
        changed = true;
        index = Math.min(index, best.program.instructions.length);
      }
    }
    for (const body of bodyEdits(best.program)) {
      if (await attempt(tidied({ ...best, program: body }))) {
        changed = true;
        break;
      }
    }
  }
  return best;
}

/** Without dead code and unused inputs. */
function tidied(example: Example): Example {
  const program = deadCode(example.program);
  const used = new Set<ValueId>([...program.results, ...program.instructions.flatMap(({ operands }) => operands)]);
  const kept = program.params.map((_, index) => index).filter((index) => used.has(index));
  const b = new ProgramBuilder();
  const map: ValueId[] = [];
  for (const index of kept) {
    const param = program.params[index];
    if (param !== undefined) map[index] = b.param(param.type, param.name);
  }
  replay(b, program, map, () => undefined);
  return {
    ...example,
    program: b.build(program.results.map((id) => at(map, id))),
    inputs: kept.map((index) => example.inputs[index] as TensorData),
  };
}

/** The example with the values of an instruction as inputs. */
function asInputs(example: Example, index: number): Example | undefined {
  const { program, inputs, dims } = example;
  const instruction = program.instructions[index];
  if (instruction === undefined) return undefined;
  const ids = instruction.types.map((_, i) => instruction.id + i);
  const values = evaluate({ ...program, results: ids }, inputs, dims === undefined ? {} : { dims });
  const b = new ProgramBuilder();
  const map: ValueId[] = program.params.map(({ type, name }) => b.param(type, name));
  const made = instruction.types.map((type) => b.param(type));
  replay(b, program, map, (other) => (other === instruction ? made : undefined));
  const data = instruction.types.map((type, i) => {
    const array = allocate(type.dtype, elementCount(substituteDims(type, dims ?? {}).shape));
    array.set(values[i] as TensorData);
    return array;
  });
  return tidied({
    ...example,
    program: b.build(program.results.map((id) => at(map, id))),
    inputs: [...inputs, ...data],
  });
}

/** Programs with one instruction of one body made zero. */
function* bodyEdits(program: Program): Generator<Program> {
  for (const [index, instruction] of program.instructions.entries()) {
    const nested = nestedPrograms(instruction);
    for (const [which, body] of nested.entries()) {
      // The condition of a while must still end it.
      if (instruction.op === 'while') continue;
      for (const edited of [...zeroed(body), ...bodyEdits(body)]) {
        yield withNested(program, index, which, deadCode(edited));
      }
    }
  }
}

function* zeroed(program: Program): Generator<Program> {
  for (const instruction of program.instructions.toReversed()) {
    const constant = instruction.op === 'constant' || instruction.op === 'broadcast';
    if (constant && instruction.operands.length === 0) continue;
    const b = new ProgramBuilder();
    const map: ValueId[] = program.params.map(({ type, name }) => b.param(type, name));
    let same = false;
    replay(b, program, map, (other) => {
      if (other !== instruction) return undefined;
      same = isZero(program, instruction);
      return instruction.types.map(({ dtype, shape }) => b.fill(dtype as DType, shape, 0));
    });
    if (!same) yield b.build(program.results.map((id) => at(map, id)));
  }
}

/** A broadcast of a constant is what a zero is made of. */
function isZero(program: Program, { op, operands }: Instruction): boolean {
  const from = program.instructions.find(({ id }) => id === operands[0]);
  return op === 'broadcast' && from?.op === 'constant';
}

function withNested(program: Program, index: number, which: number, body: Program): Program {
  const instructions = program.instructions.map((instruction, i): Instruction => {
    if (i !== index) return instruction;
    if (instruction.op === 'scan' || (instruction.op === 'call' && which === 0)) {
      return { ...instruction, attributes: { ...instruction.attributes, body } } as Instruction;
    }
    return instruction;
  });
  const edited = { ...program, instructions };
  resultTypes(edited);
  return edited;
}

function replay(
  b: ProgramBuilder,
  program: Program,
  map: ValueId[],
  replace: (instruction: Instruction) => readonly ValueId[] | undefined,
): void {
  for (const instruction of program.instructions) {
    const made =
      replace(instruction) ??
      b.emit(
        instruction.op,
        instruction.operands.map((id) => at(map, id)),
        instruction.attributes as Attributes[Op],
      );
    made.forEach((id, i) => {
      map[instruction.id + i] = id;
    });
  }
}

function at(map: readonly ValueId[], id: ValueId): ValueId {
  const mapped = map[id];
  if (mapped === undefined) throw new Error(`value %${id} was dropped but is used`);
  return mapped;
}
