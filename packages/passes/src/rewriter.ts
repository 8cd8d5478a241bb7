/**
 * A builder that rewrites while it emits: each instruction is first offered to the rules of its op, which may emit
 * something else in its place (through the rules again) or give a value that exists already.
 *
 * It knows the instruction behind every value and how often the source Program reads it. Rules must make Programs
 * smaller or move work in one direction only; nothing here detects two rules that undo each other.
 */

import type { Attributes, Dim, Instruction, Metadata, Op, Program, Shape, TensorType, ValueId } from '@rheo/ir';
import { formatType, ProgramBuilder, sameType } from '@rheo/ir';
import { again, countUses, emitAll, withNested } from './rebuild.ts';

/** Gives the value that takes the place of an instruction, or undefined to leave it. */
export type Rule<K extends Op> = (
  graph: Rewriter,
  operands: readonly ValueId[],
  attributes: Attributes[K],
) => ValueId | undefined;

/** Emits something else in the place of a scan and gives all its results, or gives undefined to leave it. */
export type ScanRule = (
  graph: Rewriter,
  operands: readonly ValueId[],
  attributes: Attributes['scan'],
) => ValueId[] | undefined;

/** Rules for some ops, tried in order. */
export type Rules = { readonly [K in Op]?: readonly Rule<K>[] };

/** See the head of this file. */
export class Rewriter extends ProgramBuilder {
  readonly #rules: Rules;
  readonly #scanRule: ScanRule | undefined;
  readonly #definitions: (Instruction | undefined)[] = [];
  readonly #uses: number[] = [];
  /** Number of times that a rule took effect. */
  rewrites = 0;

  constructor(rules: Rules = {}, scanRule?: ScanRule) {
    super();
    this.#rules = rules;
    this.#scanRule = scanRule;
  }

  override emit<K extends Op>(
    op: K,
    operands: readonly ValueId[],
    attributes: Attributes[K],
    metadata: Metadata | undefined = this.metadata,
    known?: readonly TensorType[],
  ): ValueId[] {
    for (const rule of this.#rules[op] ?? []) {
      const id = rule(this, operands, attributes);
      if (id === undefined) continue;
      this.rewrites++;
      if (known !== undefined) this.#checkTypes(op, [id], known);
      return [id];
    }
    if (op === 'scan' && this.#scanRule !== undefined) {
      const ids = this.#scanRule(this, operands, attributes as Attributes['scan']);
      if (ids !== undefined) {
        this.rewrites++;
        if (known !== undefined) this.#checkTypes(op, ids, known);
        return ids;
      }
    }
    const ids = super.emit(op, operands, attributes, metadata, known);
    const [id] = ids;
    if (id !== undefined) this.#definitions[id] = this.last;
    return ids;
  }

  /** A rule must put values of the same types in the place of others: readers go on with the types that they had. */
  #checkTypes(op: Op, ids: readonly ValueId[], known: readonly TensorType[]): void {
    if (ids.every((id, index) => sameType(this.type(id), known[index] as TensorType))) return;
    throw new Error(`a rule of ${op} gives ${ids.map((id) => formatType(this.type(id)))} for ${known.map(formatType)}`);
  }

  /** Emits an instruction without a look at the rules. */
  leaf<K extends Op>(op: K, operands: readonly ValueId[], attributes: Attributes[K] = {} as Attributes[K]): ValueId {
    const [id = 0] = super.emit(op, operands, attributes);
    this.#definitions[id] = this.last;
    return id;
  }

  /** The instruction of op `op` whose first result is this value. */
  is<K extends Op>(id: ValueId | undefined, op: K): Extract<Instruction, { op: K }> | undefined {
    const found = id === undefined ? undefined : this.#definitions[id];
    return found?.op === op ? (found as Extract<Instruction, { op: K }>) : undefined;
  }

  /** The instruction whose first result is this value; undefined for parameters. */
  definition(id: ValueId): Instruction | undefined {
    return this.#definitions[id];
  }

  /** How often the source Program reads a value; 0 for what a rule has just emitted. */
  uses(id: ValueId): number {
    return this.#uses[id] ?? 0;
  }

  shape(id: ValueId): Shape {
    return this.type(id).shape;
  }

  dim(id: ValueId, axis: number): Dim {
    return this.type(id).shape[axis] as Dim;
  }

  /** The one number that fills a value, if it is known. */
  uniform(id: ValueId): number | undefined {
    const found = this.#definitions[id];
    if (found?.op === 'broadcast') return this.uniform(found.operands[0] as ValueId);
    if (found?.op !== 'constant') return undefined;
    const { value } = found.attributes;
    const [first] = value;
    return first !== undefined && value.every((item) => Object.is(item, first)) ? first : undefined;
  }

  /** A value of one number with the type of another. */
  like(id: ValueId, value: number): ValueId {
    const { dtype, shape } = this.type(id);
    return this.fill(dtype, shape, value);
  }

  /** Rewrites a Program; nested Programs are rewritten first, by `nested`. */
  run(program: Program, nested: (program: Program) => Program): Program {
    const uses = countUses(program);
    const map = program.params.map(({ type, name }) => this.param(type, name));
    let next = 0;
    const credit = (id: ValueId): void => {
      this.#uses[id] = (this.#uses[id] ?? 0) + (uses[next++] ?? 0);
    };
    map.forEach(credit);
    emitAll(program, this, map, (_graph, instruction, operands) => {
      const ids = again(this, instruction, operands, withNested(instruction, nested));
      ids.forEach(credit);
      return ids;
    });
    return this.build(program.results.map((id) => map[id] as ValueId));
  }
}

/** Rewrites a Program and its nested Programs until no rule takes effect, at most `rounds` times. */
export function rewrite(program: Program, rules: Rules, scanRule?: ScanRule, rounds: number = 4): Program {
  const settled = settledUnder(rules);
  let current = program;
  for (let round = 0; round < rounds; round++) {
    if (settled.has(current)) return current;
    const graph = new Rewriter(rules, scanRule);
    let changed = false;
    const next = graph.run(current, (inner) => {
      const result = rewrite(inner, rules, scanRule, 1);
      changed ||= result !== inner;
      return result;
    });
    if (graph.rewrites === 0 && !changed) {
      settled.add(current);
      return current;
    }
    current = next;
  }
  return current;
}

/** Programs in which no rule takes effect, by rules: bodies that a round leaves alone are not walked again. */
const settledPrograms = new WeakMap<Rules, WeakSet<Program>>();

function settledUnder(rules: Rules): WeakSet<Program> {
  const known = settledPrograms.get(rules) ?? new WeakSet();
  settledPrograms.set(rules, known);
  return known;
}
