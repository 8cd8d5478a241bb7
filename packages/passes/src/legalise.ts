/**
 * Expands what an emitter lacks until it has everything, or says what is missing and in which layer.
 */

import type { Attributes, Instruction, Metadata, Op, Program, ValueId } from '@rheo/ir';
import { formatType, inferTypes, ProgramBuilder, RheoError } from '@rheo/ir';
import type { Decomposition } from './decompositions.ts';
import { decompositions } from './decompositions.ts';
import { inlineCalls } from './inline-calls.ts';
import { copy, rebuild, withNested } from './rebuild.ts';
import { specialise } from './specialise.ts';

/** What an emitter can take. */
export interface LegaliseOptions {
  /** True for an instruction that the emitter has; its types and attributes may be looked at. */
  readonly supports: (instruction: Instruction) => boolean;
  /** Numbers for named dimensions. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Package that reports; `@rheo/passes` unless given. */
  readonly from?: string;
}

/** Expansions within expansions deeper than this go round in a circle. */
const maxDepth = 16;

/**
 * The Program without calls, with names bound, in ops that the emitter has.
 * Throws `capability` with op, layer and types for an instruction that it has not and that has no expansion.
 */
export function legalise(program: Program, options: LegaliseOptions): Program {
  return expand(specialise(inlineCalls(program), options.dims ?? {}), options);
}

function expand(program: Program, options: LegaliseOptions): Program {
  return rebuild(program, new Expander(options), copy);
}

/** A builder that emits an expansion for what is not supported. */
class Expander extends ProgramBuilder {
  readonly #options: LegaliseOptions;
  #depth = 0;

  constructor(options: LegaliseOptions) {
    super();
    this.#options = options;
  }

  override emit<K extends Op>(
    op: K,
    operands: readonly ValueId[],
    attributes: Attributes[K],
    metadata?: Metadata,
  ): ValueId[] {
    const chosen = metadata ?? this.metadata;
    const inputs = operands.map((id) => this.type(id));
    const types = inferTypes(op, inputs, attributes, chosen?.layer);
    const base = { op, id: -1, operands, attributes, types };
    const instruction = (chosen === undefined ? base : { ...base, metadata: chosen }) as unknown as Instruction;
    if (this.#options.supports(instruction)) {
      const nested = withNested(instruction, (inner) => expand(inner, this.#options)) as Attributes[K];
      return super.emit(op, operands, nested, chosen);
    }
    const rule = decompositions[op] as Decomposition<K> | 'core';
    let id: ValueId | undefined;
    if (rule !== 'core' && this.#depth < maxDepth) {
      const outer = this.metadata;
      this.metadata = chosen;
      this.#depth++;
      id = rule(this, operands, attributes);
      this.#depth--;
      this.metadata = outer;
    }
    if (id !== undefined) return [id];
    throw new RheoError('capability', {
      from: this.#options.from ?? '@rheo/passes',
      what: 'the backend has neither this op for these types nor the ops that could replace it',
      op,
      layer: chosen?.layer,
      shapes: inputs.map(formatType),
      remedy: op === 'dimension' ? 'Bind the dimension with the compile option dims' : 'Choose another backend',
    });
  }
}
