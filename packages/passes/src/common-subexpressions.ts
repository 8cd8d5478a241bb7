/**
 * Keeps one of several instructions that compute the same value, within each Program on its own.
 *
 * Two instructions are the same if op, attributes, operands and nested Programs are (operands of commutative ops in
 * any order). Metadata is that of the first. Large constants are compared by identity, not by their elements.
 */

import type { Instruction, Op, Program, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { copy, rebuild, withNested } from './rebuild.ts';

const commutative: ReadonlySet<Op> = new Set<Op>(['add', 'mul', 'max', 'min', 'eq', 'and', 'or']);

/** Constants with more elements than this are the same only if they are one object. */
const maxComparedElements = 64;

/** Programs without equal computations, which need no second walk. */
const settled: WeakSet<Program> = new WeakSet();

/** The Program with equal computations shared. */
export function commonSubexpressions(program: Program): Program {
  if (settled.has(program)) return program;
  const seen = new Map<string, readonly ValueId[]>();
  const keys = new KeyMaker();
  let changed = false;
  const result = rebuild(program, new ProgramBuilder(), (builder, instruction, operands) => {
    const attributes = withNested(instruction, commonSubexpressions);
    const key = keys.key(instruction.op, operands, attributes);
    const known = seen.get(key);
    changed ||= known !== undefined || attributes !== instruction.attributes;
    if (known !== undefined) return known;
    const ids = copy(builder, instruction, operands, attributes);
    seen.set(key, ids);
    return ids;
  });
  if (changed) return result;
  settled.add(program);
  return program;
}

/** Makes texts that are equal exactly when two instructions compute the same. */
export class KeyMaker {
  readonly #identities: Map<object, number> = new Map();

  key(op: Op, operands: readonly ValueId[], attributes: object): string {
    const [a, b] = operands;
    const sorted = commutative.has(op) && a !== undefined && b !== undefined && b < a ? [b, a] : operands;
    return `${op}(${sorted.join()})${this.#text(attributes)}`;
  }

  #text(value: unknown): string {
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    if (typeof value !== 'object' || value === null) return String(value);
    if (Array.isArray(value)) {
      if (value.length > maxComparedElements) return `#${this.#identity(value)}`;
      return `[${value.map((item) => this.#text(item)).join()}]`;
    }
    if ('instructions' in value) return this.#program(value as Program);
    let text = '';
    for (const name of Object.keys(value).sort()) {
      text += `${name}:${this.#text((value as Record<string, unknown>)[name])};`;
    }
    return text;
  }

  #program(program: Program): string {
    const params = program.params.map(({ type }) => `${type.dtype}[${type.shape.join()}]`).join();
    const body = program.instructions.map((instruction: Instruction) =>
      this.key(instruction.op, instruction.operands, instruction.attributes),
    );
    return `{${params}|${body.join()}|${program.results.join()}}`;
  }

  #identity(value: object): number {
    const known = this.#identities.get(value);
    if (known !== undefined) return known;
    this.#identities.set(value, this.#identities.size);
    return this.#identities.size - 1;
  }
}
