/**
 * Decides which instructions of one block run together in a kernel.
 *
 * Elementwise instructions of one shape that feed each other form a group; a group hangs on to the product that it
 * reads (an epilogue); what a single reduction or scatter reads is computed there. Reductions of one shape that read
 * the same group run side by side.
 * Everything else is a unit of its own. Units are ordered so that none reads what comes later.
 */

import type { Instruction, Program, ValueId } from '@rheo/ir';
import { opKinds } from '@rheo/ir';
import { reshapeSplitsOnly, sizeOf } from './views.ts';

/** How the value of an instruction is had. */
export type Home =
  | 'unit' // computed by a unit of its own or in a group, in memory if anyone else reads it
  | 'inline' // computed inside the kernel of its reader
  | 'view'; // a movement of something else

/** A future kernel: one instruction, or a group of elementwise ones, with at most one product in front. */
export interface Unit {
  readonly members: Instruction[];
  /** Elementwise members share this shape. */
  readonly shape: readonly number[];
  group: boolean;
  product: Instruction | undefined;
  /** What reductions that can run side by side have in common. */
  readonly reduction: string | undefined;
  /** Sums over its points that are taken while they are at hand, each over axes of its own. */
  readonly sums: Instruction[];
}

/** The plan of a block. */
export interface Fusion {
  readonly order: readonly Unit[];
  home(id: ValueId): Home;
  unitOf(id: ValueId): Unit | undefined;
  /** Instruction that defines a value; undefined for a parameter. */
  definition(id: ValueId): Instruction | undefined;
  /** Values that a unit reads from memory or from other units, views followed to their source. */
  sources(unit: Unit): ReadonlySet<ValueId>;
  /** Instructions that use a value. */
  users(id: ValueId): readonly Instruction[];
}

/** Larger groups would only lengthen the code and its compile time. */
const maxGroup = 120;

/** More sums at once would not fit the registers. */
const maxReductions = 4;

/** Sums in memory that a group adds to; and points below which storing the group is as cheap. */
const maxSums = 8;
const manyPoints = 1024;

/** What a target wants of the plan. */
export interface FuseOptions {
  /** True for groups that feed several sums, over different axes, without being stored. */
  readonly sums: boolean;
}

const elementwiseKinds = new Set(['unary', 'binary', 'compare', 'select', 'convert', 'random']);

/** True for instructions that compute each element from the same element of their operands. */
export function isElementwise(instruction: Instruction): boolean {
  return elementwiseKinds.has(opKinds[instruction.op]) || instruction.op === 'gather';
}

/** True for movements that are only another way to look at their operand. */
export function isViewOp(instruction: Instruction): boolean {
  return opKinds[instruction.op] === 'movement' && instruction.op !== 'concat' && instruction.op !== 'pad';
}

/** Groups a block. `wanted` holds the values that must be in memory at the end: results. */
export function fuse(program: Program, wanted: ReadonlySet<ValueId>, options: FuseOptions = { sums: false }): Fusion {
  const definitions: (Instruction | undefined)[] = program.params.map(() => undefined);
  const users: Instruction[][] = program.params.map(() => []);
  for (const instruction of program.instructions) {
    for (const type of instruction.types) {
      void type;
      definitions.push(instruction);
      users.push([]);
    }
    for (const operand of new Set(instruction.operands)) users[operand]?.push(instruction);
  }
  const shapes: (readonly number[])[] = program.params.map((param) => param.type.shape as readonly number[]);
  for (const { types } of program.instructions) for (const type of types) shapes.push(type.shape as readonly number[]);

  const homes = chooseHomes(program, wanted, users, shapes, definitions);
  const parents = new Map<Unit, Unit>();
  const find = (unit: Unit): Unit => {
    let root = unit;
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
    return root;
  };
  const units: (Unit | undefined)[] = [];
  const all: Unit[] = [];
  // Edges to the units that a unit reads; true when the reading is element by element at equal index.
  const reads = new Map<Unit, Map<Unit, boolean>>();

  /** Units behind an operand, through views and inlined values. */
  const behind = (id: ValueId, direct: boolean, add: (unit: Unit, direct: boolean) => void): void => {
    const unit = units[id];
    if (unit !== undefined) {
      add(find(unit), direct);
      return;
    }
    const definition = definitions[id];
    if (definition !== undefined) for (const operand of definition.operands) behind(operand, false, add);
  };

  for (const instruction of program.instructions) {
    if (homes[instruction.id] !== 'unit') continue;
    const group = isElementwise(instruction);
    const unit: Unit = {
      members: [instruction],
      shape: shapes[instruction.id] ?? [],
      group,
      product: instruction.op === 'dot' ? instruction : undefined,
      reduction: reductionKey(instruction, shapes),
      sums: [],
    };
    all.push(unit);
    const edges = new Map<Unit, boolean>();
    reads.set(unit, edges);
    instruction.operands.forEach((operand, position) => {
      const elementwise =
        group &&
        !(instruction.op === 'gather' && position === 0) &&
        !(instruction.op === 'random_bits' && position === 0);
      behind(operand, elementwise, (target, direct) => edges.set(target, direct && (edges.get(target) ?? true)));
    });
    instruction.types.forEach((_, index) => {
      units[instruction.id + index] = unit;
    });
    if (group) for (const target of [...edges.keys()]) unite(target, unit);
  }

  function unite(target: Unit, unit: Unit): void {
    const a = find(target);
    const b = find(unit);
    if (a === b || !(a.group || a.product !== undefined) || !sameSizes(a.shape, b.shape)) return;
    if (a.product !== undefined && b.product !== undefined) return;
    if (a.members.length + b.members.length > maxGroup) return;
    const ab = edgesOf(a);
    const ba = edgesOf(b);
    if (ab.get(b) === false || ba.get(a) === false) return;
    // A third unit between the two would have to run both after and before the group.
    if (reaches(b, a, true) || reaches(a, b, true)) return;
    a.members.push(...b.members);
    a.product ??= b.product;
    a.group ||= b.group;
    parents.set(b, a);
    for (const [next, direct] of ba) if (find(next) !== a) ab.set(find(next), direct && (ab.get(find(next)) ?? true));
    ab.delete(a);
    ab.delete(b);
    reads.set(a, ab);
  }

  function edgesOf(unit: Unit): Map<Unit, boolean> {
    const known = reads.get(unit);
    if (known !== undefined && isCurrent(known)) return known;
    const edges = new Map<Unit, boolean>();
    for (const [target, direct] of known ?? []) {
      const root = find(target);
      if (root !== unit) edges.set(root, direct && (edges.get(root) ?? true));
    }
    reads.set(unit, edges);
    return edges;
  }

  /** True if nothing that the edges lead to has become part of another unit since. */
  function isCurrent(edges: ReadonlyMap<Unit, boolean>): boolean {
    for (const target of edges.keys()) if (parents.has(target)) return false;
    return true;
  }

  /** True if `from` depends on `to` through at least one other unit. */
  function reaches(from: Unit, to: Unit, skipDirect: boolean): boolean {
    const seen = new Set<Unit>([from]);
    const stack: Unit[] = [];
    for (const next of edgesOf(from).keys()) if (!(skipDirect && next === to)) stack.push(next);
    for (let unit = stack.pop(); unit !== undefined; unit = stack.pop()) {
      if (unit === to) return true;
      if (seen.has(unit)) continue;
      seen.add(unit);
      stack.push(...edgesOf(unit).keys());
    }
    return false;
  }

  for (const unit of all) if (unit.reduction !== undefined) joinReductions(unit);
  const absorbed = new Set<Unit>();
  for (const unit of all) if (find(unit) === unit) absorb(unit);
  if (options.sums) for (const unit of all) if (find(unit) === unit && !absorbed.has(unit)) gatherSums(unit);

  /** Reductions over the same axes that read one group run side by side. */
  function joinReductions(unit: Unit): void {
    for (const other of all) {
      if (other === unit) return;
      const a = find(other);
      const b = find(unit);
      if (a === b || a.reduction !== b.reduction || a.members.length >= maxReductions) continue;
      const [ab, ba] = [edgesOf(a), edgesOf(b)];
      if (ab.has(b) || ba.has(a) || ![...ab.keys()].some((target) => target.group && ba.has(target))) continue;
      if (reaches(a, b, false) || reaches(b, a, false)) continue;
      a.members.push(...b.members);
      parents.set(b, a);
      for (const target of ba.keys()) ab.set(target, false);
    }
  }

  /** Reductions that read a group; undefined among them for any other reader. */
  function readersOf(unit: Unit): Set<Unit | undefined> {
    const readers = new Set<Unit | undefined>();
    const follow = (id: ValueId): void => {
      if (wanted.has(id)) readers.add(undefined);
      for (const user of users[id] ?? []) {
        const reader = units[user.id];
        const found = reader === undefined ? undefined : find(reader);
        if (found === unit) continue;
        if (found !== undefined) readers.add(found.reduction === undefined ? undefined : found);
        else if (isElementwise(user) && user.op !== 'gather' && user.op !== 'random_bits') follow(user.id);
        else readers.add(undefined);
      }
    };
    for (const { id } of unit.members) follow(id);
    return readers;
  }

  /** A group that only one reduction reads is computed there, and never stored. */
  function absorb(unit: Unit): void {
    if (!unit.group || unit.product !== undefined) return;
    const [reader, ...more] = readersOf(unit);
    if (reader === undefined || more.length > 0) return;
    const edges = edgesOf(reader);
    edges.delete(unit);
    for (const target of edgesOf(unit).keys()) edges.set(target, false);
    for (const { id } of unit.members) {
      homes[id] = 'inline';
      units[id] = undefined;
    }
    absorbed.add(unit);
  }

  /** A group whose readers are all sums over its points takes them along, and is never stored. */
  function gatherSums(unit: Unit): void {
    if (!unit.group || unit.product !== undefined || sizeOf(unit.shape) < manyPoints) return;
    const readers = readersOf(unit);
    // Sums that read an array of this size which the group reads too might as well be added to at the same time.
    const read = arraysOf(unit);
    for (const other of all) {
      const found = find(other);
      if (found.reduction === undefined || readers.has(found) || !found.members.every(fits)) continue;
      if (![...arraysOf(found)].some((id) => read.has(id))) continue;
      if (!reaches(found, unit, false) && !reaches(unit, found, false)) readers.add(found);
    }
    const others = [...readers].filter((reader) => reader !== undefined);
    const sums = others.flatMap(({ members }) => members);
    if (others.length < Math.max(2, readers.size) || !sums.every(fits) || sums.length > maxSums) return;
    if (others.some((reader) => reaches(reader, unit, true))) return;
    if (others.some((a) => others.some((b) => a !== b && reaches(a, b, false)))) return;
    const edges = edgesOf(unit);
    for (const reader of others) {
      for (const target of edgesOf(reader).keys()) edges.set(target, false);
      unit.sums.push(...reader.members);
      parents.set(reader, unit);
    }
    edges.delete(unit);

    function fits({ op, operands, types }: Instruction): boolean {
      return op === 'reduce_sum' && types[0]?.dtype === 'f32' && sameSizes(shapes[operands[0] ?? -1] ?? [], unit.shape);
    }

    /** Values of the group's shape that a unit reads from memory. */
    function arraysOf(reader: Unit): ReadonlySet<ValueId> {
      const arrays = new Set<ValueId>();
      const visit = (id: ValueId): void => {
        if (!sameSizes(shapes[id] ?? [], unit.shape)) return;
        const definition = definitions[id];
        const apart = units[id] === undefined ? definition === undefined : find(units[id] as Unit) !== reader;
        if (apart) arrays.add(id);
        else if (definition !== undefined) for (const operand of definition.operands) visit(operand);
      };
      for (const { operands } of reader.members) for (const operand of operands) visit(operand);
      return arrays;
    }
  }

  const order: Unit[] = [];
  const placed = new Set<Unit>();
  const place = (unit: Unit): void => {
    if (placed.has(unit)) return;
    placed.add(unit);
    for (const next of edgesOf(unit).keys()) place(next);
    order.push(unit);
  };
  for (const unit of all) if (!absorbed.has(find(unit))) place(find(unit));
  for (const unit of order) unit.members.sort((x, y) => x.id - y.id);

  const unitOf = (id: ValueId): Unit | undefined => {
    const unit = units[id];
    return unit === undefined ? undefined : find(unit);
  };
  return {
    order,
    home: (id) => homes[id] ?? 'unit',
    unitOf,
    definition: (id) => definitions[id],
    users: (id) => users[id] ?? [],
    sources: (unit) => {
      const found = new Set<ValueId>();
      const visit = (id: ValueId): void => {
        if (unitOf(id) === unit) return;
        const definition = definitions[id];
        if (definition === undefined || homes[id] === 'unit') found.add(id);
        else for (const operand of definition.operands) visit(operand);
      };
      for (const member of [...unit.members, ...unit.sums]) for (const operand of member.operands) visit(operand);
      return found;
    },
  };
}

function reductionKey(instruction: Instruction, shapes: readonly (readonly number[])[]): string | undefined {
  if (instruction.op !== 'reduce_sum' && instruction.op !== 'reduce_max') return undefined;
  const [operand] = instruction.operands;
  const dtype = instruction.types[0]?.dtype;
  return `${instruction.op} ${dtype} [${shapes[operand ?? -1]}] over [${instruction.attributes.axes}]`;
}

function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Readers come first, so that a value knows what its only reader does. */
function chooseHomes(
  program: Program,
  wanted: ReadonlySet<ValueId>,
  users: readonly (readonly Instruction[])[],
  shapes: readonly (readonly number[])[],
  definitions: readonly (Instruction | undefined)[],
): (Home | undefined)[] {
  const homes: (Home | undefined)[] = [];
  for (let i = program.instructions.length - 1; i >= 0; i--) {
    const instruction = program.instructions[i] as Instruction;
    const { id } = instruction;
    if (isViewOp(instruction)) homes[id] = 'view';
    else if (opKinds[instruction.op] === 'source') homes[id] = 'inline';
    else if (isElementwise(instruction)) homes[id] = inlines(id) || spreads(instruction) ? 'inline' : 'unit';
    else for (let k = 0; k < instruction.types.length; k++) homes[id + k] = 'unit';
  }
  return homes;

  /** One cheap op on smaller values that are in memory anyway: reading those again beats writing its result. */
  function spreads(instruction: Instruction): boolean {
    const { id, op, operands } = instruction;
    if (!['add', 'sub', 'mul', 'neg'].includes(op) || wanted.has(id)) return false;
    const size = sizeOf(shapes[id] ?? []);
    const small = operands.every((operand) => {
      const source = throughViews(operand);
      const definition = definitions[source];
      const inMemory = definition === undefined || opKinds[definition.op] === 'source' || !isElementwise(definition);
      return inMemory && sizeOf(shapes[source] ?? []) * 4 <= size;
    });
    const readers = users[id] ?? [];
    return small && readers.every((user) => user.op === 'reduce_sum' || (isElementwise(user) && user.op !== 'gather'));
  }

  function throughViews(id: ValueId): ValueId {
    const definition = definitions[id];
    const [operand] = definition?.operands ?? [];
    return definition === undefined || !isViewOp(definition) || operand === undefined ? id : throughViews(operand);
  }

  function inlines(id: ValueId, moved = false): boolean {
    const readers = users[id] ?? [];
    const reader = readers[0];
    if (wanted.has(id) || readers.length !== 1 || reader === undefined) return false;
    if (reader.operands.filter((operand) => operand === id).length > 1 && !isElementwise(reader)) return false;
    switch (reader.op) {
      case 'reduce_sum':
      case 'reduce_max':
      case 'scatter_add':
        return true;
      case 'gather':
        return reader.operands[0] !== id && (moved || homes[reader.id] === 'inline');
      case 'random_bits':
        return reader.operands[0] !== id && (moved || homes[reader.id] === 'inline');
      case 'slice':
      case 'reverse':
      case 'transpose':
        return inlines(reader.id, true);
      case 'reshape':
        return reshapeSplitsOnly(shapes[id] ?? [], shapes[reader.id] ?? []) && inlines(reader.id, true);
      default:
        // A direct reader of the same shape shares a group instead; behind a view there is no group to share.
        return isElementwise(reader) && (moved || homes[reader.id] === 'inline');
    }
  }
}
