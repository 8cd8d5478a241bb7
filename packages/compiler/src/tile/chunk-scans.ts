/**
 * Takes sums over many time steps while the steps are at hand.
 *
 * A gradient of weights is a product over the rows of all time steps: what the way back gives is stacked up and multiplied at
 * the end. Of a thousand steps that stack fits no cache that is near. Here the loop is cut into chunks of steps, and after
 * each its part of the sums is added up: the stack is a chunk long, and still where it was written when it is read.
 */

import type { Instruction, InstructionOf, Program, TensorType, ValueId } from '@rheo/ir';
import { ProgramBuilder, valueTypes } from '@rheo/ir';
import { again, withNested } from '@rheo/passes';

/** When to cut, and how. */
export interface ChunkOptions {
  /** Bytes of a stack from which on its loop is cut. */
  readonly manyBytes: number;
  /** Bytes of the stacks of a chunk, with what they are multiplied with, at most. */
  readonly chunkBytes: number;
  /** Terms of a product that a chunk adds at least: fewer do not pay for adding them to what is there. */
  readonly fewestTerms: number;
}

/** Second-level caches have a megabyte or more; a quarter of it is for what the steps themselves read. */
export const usualChunks: ChunkOptions = { manyBytes: 2 * 2 ** 20, chunkBytes: 3 * 2 ** 18, fewestTerms: 128 };

/** The Program with such loops cut, nested ones too; the same object if there are none. It must be static. */
export function chunkScans(program: Program, options: ChunkOptions = usualChunks): Program {
  const plans = plansOf(program, options);
  const builder = new ProgramBuilder();
  const map: (ValueId | undefined)[] = program.params.map(({ type, name }) => builder.param(type, name));
  let changed = plans.size > 0;
  const absorbed = new Map<Instruction, ValueId>();
  const skipped = new Set<Instruction>();
  for (const instruction of program.instructions) {
    const plan = plans.get(instruction);
    if (plan !== undefined) {
      const { results, sums } = emitChunked(builder, plan, map, options);
      map.push(...results);
      plan.sums.forEach((sum, index) => {
        absorbed.set(sum.instruction, at(sums, index));
      });
      for (const reshape of plan.reshapes) skipped.add(reshape);
      continue;
    }
    const sum = absorbed.get(instruction);
    if (sum !== undefined || skipped.has(instruction)) {
      map.push(sum);
      continue;
    }
    const attributes = withNested(instruction, (nested) => chunkScans(nested, options));
    changed ||= attributes !== instruction.attributes;
    const operands = instruction.operands.map((id) => at(map, id));
    map.push(...again(builder, instruction, operands, attributes));
  }
  return changed ? builder.build(program.results.map((id) => at(map, id))) : program;
}

/** An operand of a sum: a stack of the loop or a value from before it, as it is or reshaped. */
interface Term {
  /** Of the operand, reshaped. */
  readonly type: TensorType;
  /** Position among the results of the loop. */
  readonly stack?: number;
  /** A value from before the loop. */
  readonly value?: ValueId;
}

/** An instruction that sums over the leading axis of its operands. */
interface Sum {
  readonly instruction: InstructionOf<'dot'> | InstructionOf<'reduce_sum'>;
  readonly terms: readonly Term[];
}

interface Plan {
  readonly scan: InstructionOf<'scan'>;
  readonly types: readonly TensorType[];
  readonly chunks: number;
  readonly sums: readonly Sum[];
  /** Positions of the stacks that nobody else reads, among the results of the loop. */
  readonly dropped: ReadonlySet<number>;
  /** Reshapes of dropped stacks. */
  readonly reshapes: readonly Instruction[];
}

function plansOf(program: Program, options: ChunkOptions): Map<Instruction, Plan> {
  const plans = new Map<Instruction, Plan>();
  if (!program.instructions.some(({ op }) => op === 'scan')) return plans;
  const types = valueTypes(program);
  const users: Instruction[][] = types.map(() => []);
  for (const instruction of program.instructions)
    for (const operand of new Set(instruction.operands)) users[operand]?.push(instruction);
  const taken = new Set<Instruction>();
  for (const instruction of program.instructions) {
    if (instruction.op !== 'scan') continue;
    const plan = planOf(program, instruction, types, users, options);
    if (plan === undefined || plan.sums.some((sum) => taken.has(sum.instruction))) continue;
    for (const { instruction: sum } of plan.sums) taken.add(sum);
    plans.set(instruction, plan);
  }
  return plans;
}

function planOf(
  program: Program,
  scan: InstructionOf<'scan'>,
  types: readonly TensorType[],
  users: readonly (readonly Instruction[])[],
  options: ChunkOptions,
): Plan | undefined {
  const { carries } = scan.attributes;
  const length = scan.attributes.length as number;
  const end = scan.id + scan.types.length;
  const definitions = new Map(program.instructions.map((found) => [found.id, found]));
  const wanted = new Set(program.results);
  const isStack = (id: ValueId): boolean => id >= scan.id + carries && id < end;

  const termOf = (id: ValueId): Term | undefined => {
    const type = types[id] as TensorType;
    if (isStack(id)) return { type, stack: id - scan.id };
    if (id < scan.id) return { type, value: id };
    const definition = definitions.get(id);
    const source = definition?.op === 'reshape' ? (definition.operands[0] as ValueId) : undefined;
    if (source === undefined) return undefined;
    if (isStack(source)) return { type, stack: source - scan.id };
    return source < scan.id ? { type, value: source } : undefined;
  };
  const sumOf = (instruction: Instruction): Sum | undefined => {
    if (instruction.op !== 'dot' && instruction.op !== 'reduce_sum') return undefined;
    if (instruction.types[0]?.dtype !== 'f32' || !sumsLeading(instruction)) return undefined;
    const terms = instruction.operands.map(termOf);
    return terms.every((term) => term !== undefined) ? { instruction, terms } : undefined;
  };

  const sums = new Map<Instruction, Sum>();
  const reshapes: Instruction[] = [];
  const dropped = new Set<number>();
  for (let id = scan.id + carries; id < end; id++) {
    const own: Sum[] = [];
    const moved: Instruction[] = [];
    const all = (value: ValueId): boolean =>
      !wanted.has(value) &&
      (users[value] ?? []).every((user) => {
        if (user.op === 'reshape' && value === id) {
          moved.push(user);
          return all(user.id);
        }
        const sum = sumOf(user);
        if (sum !== undefined) own.push(sum);
        return sum !== undefined;
      });
    if (!all(id) || own.length === 0) continue;
    dropped.add(id - scan.id);
    reshapes.push(...moved);
    for (const sum of own) sums.set(sum.instruction, sum);
  }
  const list = [...sums.values()];
  const stacked = [...dropped].reduce((bytes, position) => bytes + bytesOf(types[scan.id + position]), 0);
  if (!(stacked > options.manyBytes)) return undefined;
  const read = new Set(list.flatMap(({ terms }) => terms.flatMap(({ value }) => (value === undefined ? [] : [value]))));
  const bytes = stacked + [...read].reduce((total, value) => total + bytesOf(types[value]), 0);
  const leading = [
    ...list.flatMap(({ terms }) => terms.map(({ type }) => type.shape[0] as number)),
    ...[...read].map((value) => (types[value]?.shape[0] ?? 1) as number),
  ];
  const fits = (chunks: number): boolean =>
    [length, ...leading].every((size) => size % chunks === 0) && bytes / chunks <= options.chunkBytes;
  let chunks = 2;
  while (chunks < length && !fits(chunks)) chunks++;
  if (chunks >= length || Math.min(...list.map(termsOf)) / chunks < options.fewestTerms) return undefined;
  return { scan, types, chunks, sums: list, dropped, reshapes };
}

/** True for sums over the leading axis of every operand. */
function sumsLeading(instruction: InstructionOf<'dot'> | InstructionOf<'reduce_sum'>): boolean {
  if (instruction.op === 'reduce_sum') return instruction.attributes.axes.includes(0);
  const [left, right] = instruction.attributes.contract;
  return instruction.attributes.batch[0].length === 0 && left.includes(0) && left.indexOf(0) === right.indexOf(0);
}

/** Terms of a product; no bound for a plain sum, which is as large as what is added to it. */
function termsOf({ instruction, terms }: Sum): number {
  if (instruction.op === 'reduce_sum') return Number.POSITIVE_INFINITY;
  const shape = terms[0]?.type.shape ?? [];
  return instruction.attributes.contract[0].reduce((count, axis) => count * (shape[axis] as number), 1);
}

/** The element at an index that is known to exist. */
function at<T>(list: readonly (T | undefined)[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`there is no element ${index} of ${list.length}`);
  return item;
}

function bytesOf(type: TensorType | undefined): number {
  return (type?.shape ?? []).reduce<number>((bytes, size) => bytes * (size as number), 4);
}

/** The loop over chunks: results in the place of the loop's (undefined for dropped stacks), and the sums. */
function emitChunked(
  builder: ProgramBuilder,
  { scan, types, chunks, sums, dropped }: Plan,
  map: readonly (ValueId | undefined)[],
  options: ChunkOptions,
): { readonly results: readonly (ValueId | undefined)[]; readonly sums: readonly ValueId[] } {
  const { consts, carries, reverse } = scan.attributes;
  const length = scan.attributes.length as number;
  const steps = length / chunks;
  const parts = ({ dtype, shape: [first, ...rest] }: TensorType): TensorType => ({
    dtype,
    shape: [(first as number) / chunks, ...rest],
  });
  const inParts = (id: ValueId): ValueId => {
    const { shape } = builder.type(id);
    return builder.one('reshape', [id], { shape: [chunks, (shape[0] as number) / chunks, ...shape.slice(1)] });
  };
  const values = [
    ...new Set(sums.flatMap(({ terms }) => terms.flatMap(({ value }) => (value === undefined ? [] : [value])))),
  ];
  const operands = scan.operands.map((id) => at(map, id));
  const starts = sums.map(({ instruction }) => {
    const type = at(instruction.types, 0);
    return builder.fill('f32', type.shape, 0);
  });

  const body = new ProgramBuilder();
  const operandTypes = operands.map((id) => builder.type(id));
  const params = operandTypes.slice(0, consts + carries).map((type) => body.param(type));
  const totals = starts.map((id) => body.param(builder.type(id)));
  const slices = operandTypes.slice(consts + carries).map((type) => body.param(parts(type)));
  const chunkOf = new Map(values.map((value) => [value, body.param(parts(at(types, value)))]));
  const ids = body.emit('scan', [...params, ...slices], {
    ...scan.attributes,
    body: chunkScans(scan.attributes.body, options),
    length: steps,
  });
  const added = sums.map(({ instruction, terms }, index) => {
    const inputs = terms.map(({ type, stack, value }) => {
      const chunk = stack === undefined ? (chunkOf.get(value as ValueId) as ValueId) : at(ids, stack);
      const { shape } = parts(type);
      return String(shape) === String(body.type(chunk).shape) ? chunk : body.one('reshape', [chunk], { shape });
    });
    const part = body.one(
      instruction.op as 'dot',
      inputs,
      instruction.attributes as InstructionOf<'dot'>['attributes'],
    );
    return body.plain('add', at(totals, index), part);
  });
  const kept = ids.flatMap((id, position) => (position < carries || dropped.has(position) ? [] : [{ id, position }]));

  const outer = builder.emit(
    'scan',
    [
      ...operands.slice(0, consts + carries),
      ...starts,
      ...operands.slice(consts + carries).map(inParts),
      ...values.map((value) => inParts(at(map, value))),
    ],
    {
      body: body.build([...ids.slice(0, carries), ...added, ...kept.map(({ id }) => id)]),
      length: chunks,
      reverse,
      consts,
      carries: carries + sums.length,
    },
  );
  const results: (ValueId | undefined)[] = scan.types.map((_, position) =>
    position < carries ? outer[position] : undefined,
  );
  kept.forEach(({ position }, index) => {
    const { shape } = at(scan.types, position);
    results[position] = builder.one('reshape', [at(outer, carries + sums.length + index)], { shape });
  });
  return { results, sums: outer.slice(carries, carries + sums.length) };
}
