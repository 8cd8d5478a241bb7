/**
 * Keeps one of several instructions that compute the same value, within each Program on its own.
 *
 * Two instructions are the same if op, attributes, operands and nested Programs are (operands of commutative ops in
 * any order). Metadata is that of the first. Large constants are compared by identity, not by their elements.
 */

import type { Op, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { again, rebuild, withNested } from './rebuild.ts';

const commutative: ReadonlySet<Op> = new Set<Op>(['add', 'mul', 'max', 'min', 'eq', 'and', 'or']);

/** Constants with more elements than this are the same only if they are one object. */
const maxComparedElements = 64;

/** Programs without equal computations, which need no second walk. */
const settled: WeakSet<Program> = new WeakSet();

/** The Program with equal computations shared. */
export function commonSubexpressions(program: Program): Program {
  if (settled.has(program)) return program;
  const seen = new Map<string, Known[]>();
  const keys = new KeyMaker();
  let changed = false;
  const result = rebuild(program, new ProgramBuilder(), (builder, instruction, operands) => {
    const attributes = withNested(instruction, commonSubexpressions);
    const { op } = instruction;
    const key = keys.key(op, operands, attributes);
    const alike = seen.get(key);
    const known = alike?.find((other) => keys.sameNested(other.attributes, attributes));
    changed ||= known !== undefined || attributes !== instruction.attributes;
    if (known !== undefined) return known.ids;
    const ids = again(builder, instruction, operands, attributes);
    if (alike === undefined) seen.set(key, [{ attributes, ids }]);
    else alike.push({ attributes, ids });
    return ids;
  });
  if (changed) return result;
  settled.add(program);
  return program;
}

/** An instruction that was met, without what its key holds. */
interface Known {
  readonly attributes: object;
  readonly ids: readonly ValueId[];
}

type ProgramText = (program: Program) => string;

/**
 * Makes texts that are equal when two instructions compute the same, and only then where neither has nested Programs.
 * Those are compared when all else is equal, which is rare: their texts are long.
 */
class KeyMaker {
  readonly #identities: Map<object, number> = new Map();

  key(op: Op, operands: readonly ValueId[], attributes: object, program: ProgramText = shortText): string {
    const [a, b] = operands;
    const sorted = commutative.has(op) && a !== undefined && b !== undefined && b < a ? [b, a] : operands;
    return `${op}(${sorted.join()})${this.#text(attributes, program)}`;
  }

  /** True if the Programs in the attributes of two instructions with one key are equal. */
  sameNested(a: object, b: object): boolean {
    return a === b || this.#text(a, this.#program) === this.#text(b, this.#program);
  }

  #text(value: unknown, program: ProgramText): string {
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    if (typeof value !== 'object' || value === null) return String(value);
    if (Array.isArray(value)) {
      if (value.length > maxComparedElements) return `#${this.#identity(value)}`;
      return `[${value.map((item) => this.#text(item, program)).join()}]`;
    }
    if ('instructions' in value) return program(value as Program);
    const names = Object.keys(value);
    if (names.length > 1) names.sort();
    let text = '';
    for (const name of names) text += `${name}:${this.#text((value as Record<string, unknown>)[name], program)};`;
    return text;
  }

  readonly #program: ProgramText = ({ params, instructions, results }) => {
    const types = params.map(({ type }) => `${type.dtype}[${type.shape.join()}]`).join();
    const body = instructions.map(({ op, operands, attributes }) => this.key(op, operands, attributes, this.#program));
    return `{${types}|${body.join()}|${results.join()}}`;
  };

  #identity(value: object): number {
    const known = this.#identities.get(value);
    if (known !== undefined) return known;
    this.#identities.set(value, this.#identities.size);
    return this.#identities.size - 1;
  }
}

/** What is quickly said of a Program. */
function shortText({ params, instructions, results }: Program): string {
  return `{${params.length}|${instructions.length}|${results.length}}`;
}
