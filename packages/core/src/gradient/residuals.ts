/**
 * Which values of a loop body the way back should find stored: a smallest cut, in bytes, between what is at hand only
 * going forward and what the reverse body needs.
 *
 * At hand on both ways: consts, slices of xs, constants and ramps. From what is stored, the reverse body makes anew
 * what is cheap: arithmetic, comparisons, select, movement. It never repeats products, transcendentals, reductions,
 * indexing, nested loops or random bits (a mask is stored as one byte an element). One exception: a transcendental
 * that is at least 16 times larger than all it is made from (the synapses of an LTC) is repeated rather than stored if
 * the steps of all loops together would store more than 256 MiB of it. Where memory suffices, storing is 1.4 times as fast
 * (LTC, 64 units).
 */

import type { Instruction, Op, OpKind, Program, TensorType } from '@rheo/ir';
import { opKinds, valueTypes } from '@rheo/ir';
import { FlowNetwork } from './max-flow.ts';

/** Nominal size of a named dimension; it only weighs alternatives. */
const namedSize = 64;
/** How much larger than its origins a transcendental must be to be repeated, and how many bytes it would take. */
const expansion = 16;
const spacious = 2 ** 28;

const transcendental: ReadonlySet<Op> = new Set([
  'exp',
  'expm1',
  'log',
  'log1p',
  'sin',
  'cos',
  'tanh',
  'logistic',
  'erf',
]);
const cheapKinds: ReadonlySet<OpKind> = new Set([
  'source',
  'unary',
  'binary',
  'compare',
  'select',
  'convert',
  'movement',
]);

/** The question: a Program of one step, forward and reverse part together. */
export interface ResidualQuestion {
  readonly program: Program;
  /** Values that need no cotangent. */
  readonly forward: readonly boolean[];
  /** Forward values that the reverse part uses. */
  readonly needed: ReadonlySet<number>;
  /** Parameters that change along the loop and are not at hand on the way back. */
  readonly carries: readonly number[];
  /** Values that the loop stacks anyway: they cost nothing more. */
  readonly stacked: ReadonlySet<number>;
  /** Carries that an existing output shifted by one step gives. */
  readonly shifted: ReadonlySet<number>;
  /** Steps of this loop and all loops around it: how often a value is stored. */
  readonly steps: number;
}

/** The values to store. */
export function chooseResiduals(question: ResidualQuestion): Set<number> {
  const { program, forward, needed, carries, stacked, shifted, steps } = question;
  const types = valueTypes(program);
  const source = types.length * 2;
  const sink = source + 1;
  const network = new FlowNetwork(sink + 1);
  const weight = (id: number): number => {
    if (stacked.has(id)) return 1 / 1024;
    const bytes = byteCount(types[id] as TensorType) + 1 / 64;
    return shifted.has(id) ? bytes / 2 : bytes;
  };
  types.forEach((_, id) => {
    if (forward[id] === true) network.connect(id * 2, id * 2 + 1, weight(id));
  });
  for (const id of carries) network.connect(source, id * 2, Number.POSITIVE_INFINITY);
  for (const id of needed) network.connect(id * 2 + 1, sink, Number.POSITIVE_INFINITY);
  const origins: number[] = program.params.map(({ type }, id) => (carries.includes(id) ? elementCount(type) : 0));
  for (const instruction of program.instructions) {
    const first = instruction.id;
    if (forward[first] !== true) {
      for (const _ of instruction.types) origins.push(0);
      continue;
    }
    const origin = Math.max(0, ...instruction.operands.map((id) => origins[id] as number));
    const cheap = isCheap(instruction, origin, steps);
    instruction.types.forEach((type, index) => {
      origins.push(cheap ? origin : elementCount(type));
      if (!cheap) network.connect(source, (first + index) * 2, Number.POSITIVE_INFINITY);
    });
    if (cheap) {
      for (const operand of instruction.operands) network.connect(operand * 2 + 1, first * 2, Number.POSITIVE_INFINITY);
    }
  }
  const side = network.sinkSide(source, sink);
  const kept = new Set<number>();
  types.forEach((_, id) => {
    if (forward[id] === true && side[id * 2] !== true && side[id * 2 + 1] === true) kept.add(id);
  });
  return kept;
}

function isCheap({ op, types }: Instruction, origin: number, steps: number): boolean {
  if (!transcendental.has(op)) return cheapKinds.has(opKinds[op]);
  const type = types[0] as TensorType;
  return origin > 0 && elementCount(type) >= expansion * origin && byteCount(type) * steps > spacious;
}

/** Number of steps of a loop, a name counted with a nominal size. */
export function stepCount(length: number | string): number {
  return typeof length === 'number' ? length : namedSize;
}

/** Elements of a type, a name counted with a nominal size. */
export function elementCount({ shape }: TensorType): number {
  return shape.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : namedSize), 1);
}

function byteCount(type: TensorType): number {
  const width = type.dtype === 'bool' ? 1 : type.dtype === 'f64' ? 8 : 4;
  return elementCount(type) * width;
}
