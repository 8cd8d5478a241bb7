/**
 * Prints the arithmetic of one kernel as C expressions.
 *
 * A value with several readers, one that stands still in an inner loop, and a long expression become locals; the rest
 * is written where it is read. A load from memory that the kernel also writes is taken before the first write of its
 * point.
 */

import type { DType } from '@rheo/ir';
import type { Buffer, Node } from '../kernels.ts';
import { nodeLevels } from '../node-levels.ts';
import type { CContext, Lines } from './c-context.ts';
import { affine, element } from './c-context.ts';
import type { Stored } from './dialect.ts';
import { literal } from './literals.ts';
import { bare, operationText } from './operations.ts';

/** Expressions longer than this become locals. */
const longest = 96;

/** Prints the nodes of one kernel over `axes`, outermost first. */
export class KernelPrinter {
  readonly #context: CContext;
  readonly #nodes: readonly Node[];
  readonly #axes: readonly string[];
  readonly #written: ReadonlySet<number>;
  readonly #levels: readonly number[];
  readonly #uses: readonly number[];
  readonly #readAt: readonly number[];
  readonly #texts = new Map<number, string>();
  /** Name of the product's element, in its epilogue. */
  readonly #product: string | undefined;

  constructor(
    context: CContext,
    nodes: readonly Node[],
    roots: readonly number[],
    axes: readonly string[],
    written: ReadonlySet<number>,
    product?: string,
  ) {
    this.#context = context;
    this.#nodes = nodes;
    this.#axes = axes;
    this.#written = written;
    this.#product = product;
    const order = axes.map((_, axis) => axis);
    const { levels, uses, readAt } = nodeLevels(nodes, roots, order);
    [this.#levels, this.#uses, this.#readAt] = [levels, uses, readAt];
  }

  /** Locals for what stands still within `depth` entered axes and may not be, or had better not be, written in place. */
  locals(depth: number, lines: Lines): void {
    this.#nodes.forEach((node, index) => {
      if (this.#levels[index] !== depth || (this.#uses[index] ?? 0) === 0 || !this.#wantsLocal(node, index)) return;
      const name = `v${index}`;
      lines.add(`const ${this.#context.dialect.value[stored(node.dtype)]} ${name} = ${bare(this.#build(node))};`);
      this.#texts.set(index, name);
    });
  }

  /** Text of a node, to stand in a larger expression. */
  text(index: number): string {
    const known = this.#texts.get(index);
    if (known !== undefined) return known;
    const text = this.#build(this.#nodes[index] as Node);
    this.#texts.set(index, text);
    return text;
  }

  #wantsLocal(node: Node, index: number): boolean {
    const several = (this.#uses[index] ?? 0) > 1;
    switch (node.kind) {
      case 'constant':
      case 'product':
      case 'index':
        return false;
      case 'load':
        return this.#written.has(node.access.buffer);
      case 'gather':
        return several || this.#written.has(node.access.buffer);
      case 'op':
        return several || (this.#levels[index] ?? 0) < (this.#readAt[index] ?? 0) || this.text(index).length > longest;
    }
  }

  #build(node: Node): string {
    const context = this.#context;
    switch (node.kind) {
      case 'constant': {
        const text = literal(node.dtype, node.value);
        return text.startsWith('-') ? `(${text})` : text;
      }
      case 'load':
        return this.#loaded(node.dtype, element(context, node.access, this.#axes), node.access.buffer);
      case 'index': {
        const type = context.dialect.value[stored(node.dtype)];
        const text = affine(node.index, this.#axes);
        return node.dtype === 'i32' ? `(${text})` : `(${type})(${text})`;
      }
      case 'product':
        return this.#product ?? '0';
      case 'gather': {
        const index = this.#clamped(node.index, node.size);
        const moved = node.stride === 1 ? index : `${node.stride} * ${index}`;
        return this.#loaded(node.dtype, element(context, node.access, this.#axes, moved), node.access.buffer);
      }
      case 'op': {
        const { dialect } = context;
        const operation = {
          dialect,
          from: node.from,
          to: node.dtype,
          bits: node.bits,
          helper: (name: Parameters<CContext['helper']>[0]) => context.helper(name),
        };
        return operationText(
          node.op,
          operation,
          node.args.map((arg) => this.text(arg)),
        );
      }
    }
  }

  /** A number of a narrow table in its full width. */
  #loaded(dtype: DType, text: string, buffer: number): string {
    const { kind } = this.#context.buffers[buffer] as Buffer;
    return kind === 'constant' && dtype === 'i32' ? `(${this.#context.dialect.value.i32})${text}` : text;
  }

  /** The index of a gather or scatter within its bounds; a constant table that keeps them needs no test. */
  #clamped(index: number, size: number): string {
    const node = this.#nodes[index] as Node;
    const data = node.kind === 'load' ? this.#context.buffers[node.access.buffer]?.data : undefined;
    if (data?.every((value) => value >= 0 && value < size) === true) return this.text(index);
    return `${this.#context.helper('clamp')}(${bare(this.text(index))}, ${size})`;
  }

  /** The clamped index of a scatter. */
  clamped(index: number, size: number): string {
    return this.#clamped(index, size);
  }

  /** Number of axes that must have been entered before a node has its value. */
}

function stored(dtype: DType): Stored {
  if (dtype === 'f64') throw new Error('the C printer takes element types of four bytes');
  return dtype;
}
