/**
 * Builds a Program instruction by instruction; types are inferred by the shape rules, so what it builds verifies.
 *
 * Metadata of the current layer can be set once and goes onto every instruction emitted after it. The builder does
 * not simplify anything: that is the work of passes.
 */

import type { Attributes, Instruction, Metadata, Op, Param, Program, ValueId } from './ops.ts';
import { inferTypes } from './shape-rules.ts';
import type { Dim, DType, Shape, TensorType } from './types.ts';

/** Ops without attributes that give one value. */
type PlainOp = { [K in Op]: Attributes[K] extends Readonly<Record<string, never>> ? K : never }[Op];

const nothing = {} as const;

/** Collects parameters and instructions; `build` closes the Program. */
export class ProgramBuilder {
  readonly #params: Param[] = [];
  readonly #instructions: Instruction[] = [];
  readonly #types: TensorType[] = [];
  /** Metadata for the instructions emitted from now on; undefined for none. */
  metadata: Metadata | undefined = undefined;

  /** Adds a parameter. All parameters come before the first instruction. */
  param(type: TensorType, name?: string): ValueId {
    if (this.#instructions.length > 0) throw new Error('parameters come before the first instruction');
    this.#params.push(name === undefined ? { type } : { type, name });
    this.#types.push(type);
    return this.#types.length - 1;
  }

  /**
   * Emits an instruction and returns the numbers of all values it defines. Throws `RheoError` as the shape rules do.
   * `known` are the types that the rules gave for operands of the same types before: then they are not asked again.
   */
  emit<K extends Op>(
    op: K,
    operands: readonly ValueId[],
    attributes: Attributes[K],
    metadata: Metadata | undefined = this.metadata,
    known?: readonly TensorType[],
  ): ValueId[] {
    const types = known ?? this.#infer(op, operands, attributes, metadata?.layer);
    const id = this.#types.length;
    const instruction =
      metadata === undefined
        ? { op, id, operands, attributes, types }
        : { op, id, operands, attributes, types, metadata };
    this.#instructions.push(instruction as unknown as Instruction);
    if (types.length === 1) {
      this.#types.push(types[0] as TensorType);
      return [id];
    }
    this.#types.push(...types);
    return types.map((_, index) => id + index);
  }

  #infer<K extends Op>(op: K, operands: readonly ValueId[], attributes: Attributes[K], layer?: string): TensorType[] {
    return inferTypes(
      op,
      operands.map((id) => this.type(id)),
      attributes,
      layer,
    );
  }

  /** Emits an instruction that defines one value and returns its number. */
  one<K extends Op>(op: K, operands: readonly ValueId[], attributes: Attributes[K], metadata?: Metadata): ValueId {
    const [id, ...rest] = this.emit(op, operands, attributes, metadata);
    if (id === undefined || rest.length > 0) throw new Error(`${op} defines ${rest.length + 1} values`);
    return id;
  }

  /** Emits an op without attributes. */
  plain(op: PlainOp, ...operands: ValueId[]): ValueId {
    return this.one(op, operands, nothing as never);
  }

  /** A constant; `value` in row-major order. */
  constant(dtype: DType, shape: readonly number[], value: readonly number[]): ValueId {
    return this.one('constant', [], { dtype, shape, value });
  }

  /** One number repeated over a shape, which may have named dimensions. */
  fill(dtype: DType, shape: Shape, value: number): ValueId {
    const scalar = this.constant(dtype, [], [value]);
    return shape.length === 0 ? scalar : this.one('broadcast', [scalar], { shape, axes: [] });
  }

  /** Repeats a value over the axes of `shape` that `axes` does not name. */
  broadcast(id: ValueId, shape: readonly Dim[], axes: readonly number[]): ValueId {
    return this.one('broadcast', [id], { shape, axes });
  }

  /** Emits all instructions of a Program in place and returns the values of its results. */
  inline(program: Program, operands: readonly ValueId[], layer?: string): ValueId[] {
    const map: ValueId[] = [...operands];
    for (const instruction of program.instructions) {
      const mapped = instruction.operands.map((id) => valueAt(map, id));
      map.push(
        ...this.emit(
          instruction.op,
          mapped,
          instruction.attributes as Attributes[Op],
          joinLayer(instruction.metadata, layer),
        ),
      );
    }
    return program.results.map((id) => valueAt(map, id));
  }

  /** The instruction that was emitted last. */
  protected get last(): Instruction | undefined {
    return this.#instructions.at(-1);
  }

  /** Type of a value emitted so far. */
  type(id: ValueId): TensorType {
    const type = this.#types[id];
    if (type === undefined) throw new Error(`value %${id} does not exist yet`);
    return type;
  }

  /** The Program with these results. The builder may go on; the Program keeps what was there. */
  build(results: readonly ValueId[]): Program {
    for (const id of results) this.type(id);
    return { params: [...this.#params], instructions: [...this.#instructions], results: [...results] };
  }
}

function valueAt(map: readonly ValueId[], id: ValueId): ValueId {
  const mapped = map[id];
  if (mapped === undefined) throw new Error(`value %${id} does not exist in the inlined Program`);
  return mapped;
}

function joinLayer(metadata: Metadata | undefined, layer: string | undefined): Metadata | undefined {
  if (layer === undefined) return metadata;
  return { ...metadata, layer: metadata?.layer === undefined ? layer : `${layer}/${metadata.layer}` };
}
