/**
 * Builds the arithmetic of one kernel: values become nodes at an affine index, loads where they lie in memory.
 *
 * Equal nodes are shared. A value that is neither in memory nor computable in place is a fault of the fusion plan
 * and stops the compiler.
 */

import type { DType, Instruction, Program, ValueId } from '@rheo/ir';
import { valueTypes } from '@rheo/ir';
import type { Fusion, Unit } from './fusion.ts';
import type { Affine, Node } from './kernels.ts';
import type { IndexMap, View } from './views.ts';
import { accessAt, moveMap, moveView } from './views.ts';

/** What the node builder needs to know of its block. */
export interface BlockValues {
  readonly program: Program;
  readonly types: readonly { readonly dtype: DType; readonly shape: readonly (number | string)[] }[];
  readonly fusion: Fusion;
  /** Where a value lies, if it has been placed. */
  readonly views: Map<ValueId, View>;
  /** Writes a value to memory ahead of the kernel at hand, densely if asked for. */
  readonly place: (id: ValueId, dense: boolean) => View;
}

/** The types of all values, once per block. */
export function blockTypes(program: Program): BlockValues['types'] {
  return valueTypes(program);
}

/** View of a value through movements of something in memory; undefined when it is not in memory. */
export function viewOf(block: BlockValues, id: ValueId): View | undefined {
  const known = block.views.get(id);
  if (known !== undefined) return known;
  if (block.fusion.home(id) !== 'view') return undefined;
  const definition = block.fusion.definition(id);
  const operand = definition?.operands[0];
  if (definition === undefined || operand === undefined) return undefined;
  const base = viewOf(block, operand);
  const moved = base === undefined ? undefined : moveView(base, definition);
  if (moved !== undefined) block.views.set(id, moved);
  return moved;
}

/** Collects the nodes of one kernel over `rank` axes. */
export class NodeBuilder {
  readonly nodes: Node[] = [];
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();
  readonly #block: BlockValues;
  readonly #rank: number;
  readonly #unit: Unit | undefined;

  constructor(block: BlockValues, rank: number, unit?: Unit) {
    this.#block = block;
    this.#rank = rank;
    this.#unit = unit;
  }

  /** Node of a value at an index. */
  value(id: ValueId, map: IndexMap): number {
    const key = `${id}|${mapKey(map)}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const node = this.#build(id, map);
    this.#values.set(key, node);
    return node;
  }

  #build(id: ValueId, map: IndexMap): number {
    const { fusion, types } = this.#block;
    const definition = fusion.definition(id);
    const dtype = (types[id] as { dtype: DType }).dtype;
    const own = this.#unit !== undefined && fusion.unitOf(id) === this.#unit;
    if (own && definition?.op === 'dot') return this.#add({ kind: 'product', dtype: 'f32' });
    if (!own) {
      const view = viewOf(this.#block, id);
      if (view !== undefined) return this.load(view, map, dtype);
    }
    if (definition === undefined) throw new Error(`value %${id} is nowhere`);
    switch (definition.op) {
      case 'constant':
        return this.#constant(definition, map, dtype);
      case 'iota':
        return this.#add({ kind: 'index', dtype, index: map[definition.attributes.axis] as Affine });
      case 'gather':
        return this.#gather(definition, map, dtype);
      case 'random_bits':
        return this.#random(definition, map);
      default:
        break;
    }
    if (fusion.home(id) === 'view') {
      const operand = definition.operands[0] as ValueId;
      const moved = moveMap(map, definition, (types[operand] as { shape: readonly number[] }).shape);
      if (moved !== undefined) return this.value(operand, moved);
      // Merged axes that do not lie evenly: copy the operand densely, then any reshape of it is a view.
      const view = moveView(this.#block.place(operand, true), definition);
      if (view === undefined) throw new Error(`value %${id} (${definition.op}) is not affine`);
      this.#block.views.set(id, view);
      return this.load(view, map, dtype);
    }
    const from = (types[definition.operands[0] as ValueId] as { dtype: DType }).dtype;
    const args = definition.operands.map((operand) => this.value(operand, map));
    return this.#add({ kind: 'op', op: definition.op, dtype, from: definition.op === 'select' ? dtype : from, args });
  }

  /** A load from a view. */
  load(view: View, map: IndexMap, dtype: DType): number {
    return this.#add({ kind: 'load', dtype, access: accessAt(view, map, this.#rank) });
  }

  /** A number. */
  number(dtype: DType, value: number): number {
    return this.#add({ kind: 'constant', dtype, value });
  }

  #constant(definition: Instruction & { op: 'constant' }, map: IndexMap, dtype: DType): number {
    const [first] = definition.attributes.value;
    if (definition.attributes.value.some((value) => !Object.is(value, first))) {
      throw new Error(`constant %${definition.id} of rank ${map.length} was not placed`);
    }
    return this.number(dtype, first ?? 0);
  }

  #gather(definition: Instruction & { op: 'gather' }, map: IndexMap, dtype: DType): number {
    const [x, index] = definition.operands as [ValueId, ValueId];
    const { axis } = definition.attributes;
    const view = this.#block.place(x, false);
    const indexRank = (this.#block.types[index] as { shape: readonly number[] }).shape.length;
    const zero: Affine = { constant: 0, coefficients: new Array<number>(this.#rank).fill(0) };
    const tableMap = [...map.slice(0, axis), zero, ...map.slice(axis + indexRank)];
    return this.#add({
      kind: 'gather',
      dtype,
      access: accessAt(view, tableMap, this.#rank),
      index: this.value(index, map.slice(axis, axis + indexRank)),
      size: view.shape[axis] as number,
      stride: view.strides[axis] as number,
    });
  }

  #random(definition: Instruction & { op: 'random_bits' }, map: IndexMap): number {
    const [key, high, low] = definition.operands as [ValueId, ValueId, ValueId];
    const at = (constant: number): IndexMap => [{ constant, coefficients: new Array<number>(this.#rank).fill(0) }];
    const args = [this.value(key, at(0)), this.value(key, at(1)), this.value(high, map), this.value(low, map)];
    return this.#add({
      kind: 'op',
      op: 'random_bits',
      dtype: 'u32',
      from: 'u32',
      args,
      bits: definition.attributes.bits,
    });
  }

  #add(node: Node): number {
    const key = nodeKey(node);
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    this.nodes.push(node);
    this.#keys.set(key, this.nodes.length - 1);
    return this.nodes.length - 1;
  }
}

function mapKey(map: IndexMap): string {
  let key = '';
  for (const index of map) key += `${index.constant}:${index.coefficients.join()};`;
  return key;
}

function nodeKey(node: Node): string {
  switch (node.kind) {
    case 'constant':
      return `c${node.dtype}${Object.is(node.value, -0) ? '-0' : node.value}`;
    case 'op':
      return `o${node.op}${node.dtype}${node.from}${node.args.join()}|${node.bits ?? ''}`;
    case 'index':
      return `i${node.dtype}${node.index.constant}:${node.index.coefficients.join()}`;
    case 'product':
      return 'p';
    case 'load':
    case 'gather': {
      const { access } = node;
      const place = `${access.buffer}@${access.offset}:${access.strides.join()}|${access.loops.map((term) => `${term.loop}*${term.stride}`).join()}`;
      return node.kind === 'load'
        ? `l${node.dtype}${place}`
        : `g${node.dtype}${place}|${node.index}|${node.size}|${node.stride}`;
    }
  }
}
