/**
 * Prints the arithmetic of one kernel as expressions on vectors along one axis.
 *
 * A value with several readers, one that stands still in an inner loop, and a long expression become locals; the rest
 * is written where it is read. What does not change along the vector axis is one number in all lanes. A load from
 * memory that the kernel also writes is taken before the first write of its point. Loads may run over the end of their
 * row: memory reaches a vector further than any buffer.
 */

import type { Access, Lines, Node } from '@rheo/compiler';
import { affine, nodeLevels } from '@rheo/compiler';
import type { PrintContext } from './context.ts';
import { address, stored } from './context.ts';
import { scalarText } from './literals.ts';
import { operationText, suffixes, vectorTypes } from './operations.ts';

/** Expressions longer than this become locals. */
const longest = 96;

/** Where and how a kernel's nodes are printed. */
export interface VectorOptions {
  readonly nodes: readonly Node[];
  readonly roots: readonly number[];
  /** Texts of the counters, in the order of the kernel's axes. */
  readonly axes: readonly string[];
  /** Order in which the axes are entered; their own order unless given. */
  readonly order?: readonly number[];
  /** Axis along which the lanes lie; undefined if all lanes are alike. */
  readonly along: number | undefined;
  /** Lanes in use. */
  readonly lanes: number;
  /** Buffers that the kernel writes. */
  readonly written: ReadonlySet<number>;
  /** Text of the product's element, in its epilogue. */
  readonly product?: string;
  /** Start of the names of locals. */
  readonly prefix?: string;
}

/** Prints the nodes of one kernel. */
export class VectorPrinter {
  readonly #context: PrintContext;
  readonly #options: VectorOptions;
  readonly #levels: readonly number[];
  readonly #uses: readonly number[];
  readonly #readAt: readonly number[];
  readonly #texts = new Map<number, string>();

  constructor(context: PrintContext, options: VectorOptions) {
    this.#context = context;
    this.#options = options;
    const { nodes, roots, axes, order = axes.map((_, axis) => axis) } = options;
    const { levels, uses, readAt } = nodeLevels(nodes, roots, order);
    [this.#levels, this.#uses, this.#readAt] = [levels, uses, readAt];
  }

  /** Locals for what stands still within `depth` entered axes and may not be, or had better not be, written in place. */
  locals(depth: number, lines: Lines): void {
    const { nodes, prefix = 'v' } = this.#options;
    // Entered once more, a depth has locals of its own again.
    for (const index of this.#texts.keys()) if ((this.#levels[index] ?? 0) >= depth) this.#texts.delete(index);
    nodes.forEach((node, index) => {
      if (this.#levels[index] !== depth || (this.#uses[index] ?? 0) === 0 || !this.#wantsLocal(node, index)) return;
      const name = `${prefix}${index}`;
      const text = this.text(index);
      lines.add(`const ${vectorTypes[stored(node.dtype)]} ${name} = ${text};`);
      this.#texts.set(index, name);
    });
  }

  /** A printer of the innermost points for so many lanes: what stands outside them is shared, the rest printed anew. */
  inner(lanes: number): VectorPrinter {
    const printer = new VectorPrinter(this.#context, { ...this.#options, lanes });
    for (const [index, text] of this.#texts)
      if ((this.#levels[index] ?? 0) < this.#options.axes.length) printer.#texts.set(index, text);
    return printer;
  }

  /** Text of a node, to stand in a larger expression. */
  text(index: number): string {
    const known = this.#texts.get(index);
    if (known !== undefined) return known;
    const text = this.#build(this.#options.nodes[index] as Node);
    this.#texts.set(index, text);
    return text;
  }

  /** True if a node has one value in all lanes. */
  uniform(index: number): boolean {
    const { nodes, along } = this.#options;
    if (along === undefined) return true;
    const node = nodes[index] as Node;
    switch (node.kind) {
      case 'load':
        return (node.access.strides[along] ?? 0) === 0;
      case 'gather':
        return (node.access.strides[along] ?? 0) === 0 && this.uniform(node.index);
      case 'index':
        return (node.index.coefficients[along] ?? 0) === 0;
      case 'product':
        return false;
      case 'constant':
        return true;
      case 'op':
        return node.args.every((arg) => this.uniform(arg));
    }
  }

  #wantsLocal(node: Node, index: number): boolean {
    const several = (this.#uses[index] ?? 0) > 1;
    const early = (this.#levels[index] ?? 0) < (this.#readAt[index] ?? 0);
    switch (node.kind) {
      case 'constant':
      case 'product':
        return false;
      case 'index':
        return several;
      case 'load':
        return several || early || this.#options.written.has(node.access.buffer);
      case 'gather':
        return several || early || this.#options.written.has(node.access.buffer);
      case 'op':
        return several || early || this.text(index).length > longest;
    }
  }

  #build(node: Node): string {
    const { axes, along, product } = this.#options;
    const suffix = suffixes[stored(node.dtype)];
    switch (node.kind) {
      case 'constant':
        return `splat_${suffix}(${scalarText(stored(node.dtype), node.value)})`;
      case 'load':
        return this.#load(node.access, suffix);
      case 'index': {
        const first = `splat_i((int)(${affine(node.index, axes)}))`;
        const step = along === undefined ? 0 : (node.index.coefficients[along] ?? 0);
        const moving = step === 1 ? 'lane_numbers()' : `lane_numbers() * ${step}`;
        const index = step === 0 ? first : `(${first} + ${moving})`;
        return node.dtype === 'f32' ? `to_float(${index})` : node.dtype === 'u32' ? `((u32v)${index})` : index;
      }
      case 'product':
        return product ?? 'splat_f(0.0f)';
      case 'gather':
        return this.#gather(node, suffix);
      case 'op': {
        const context = {
          from: stored(node.from),
          to: stored(node.dtype),
          bits: node.bits,
          call: this.#context.call,
        };
        return operationText(
          node.op,
          context,
          node.args.map((arg) => this.text(arg)),
        );
      }
    }
  }

  #load(access: Access, suffix: string): string {
    const { axes, along, lanes } = this.#options;
    const stride = along === undefined ? 0 : (access.strides[along] ?? 0);
    const at = address(this.#context, access, axes);
    if (stride === 0) return `splat_${suffix}(${at.includes(' ') ? `*(${at})` : `*${at}`})`;
    if (stride === 1) return `load_${suffix}(${at})`;
    return `load_${suffix}_step(${at}, ${stride}, ${lanes})`;
  }

  #gather(node: Node & { kind: 'gather' }, suffix: string): string {
    const { axes, along, lanes } = this.#options;
    const stride = along === undefined ? 0 : (node.access.strides[along] ?? 0);
    const at = address(this.#context, node.access, axes);
    const index = this.index(node.index, node.size);
    if (this.uniform(node.index) && (stride === 0 || stride === 1)) {
      const place = `${at} + ${node.stride} * (long)${index}[0]`;
      return stride === 0 ? `splat_${suffix}(*(${place}))` : `load_${suffix}(${place})`;
    }
    const moved = stride === 0 ? '' : ` + lane_numbers() * ${stride}`;
    return `gather_${suffix}(${at}, ${index} * ${node.stride}${moved}, ${lanes})`;
  }

  /** Text of a clamped index. */
  index(index: number, size: number): string {
    const node = this.#options.nodes[index] as Node;
    const text = this.text(index);
    return `clamp(${node.dtype === 'i32' ? text : `(i32v)${text}`}, ${size})`;
  }

  /** Number of axes that must have been entered before a node has its value. */
}

/** Text that writes a vector to an access. `stride` is that of the lanes; with 0 there is one of them. */
export function storeText(
  context: PrintContext,
  access: Access,
  axes: readonly string[],
  along: number | undefined,
  lanes: number,
  value: string,
): string {
  const suffix = suffixes[stored(context.buffers[access.buffer]?.dtype ?? 'f32')];
  const at = address(context, access, axes);
  const stride = along === undefined ? 0 : (access.strides[along] ?? 0);
  if (stride === 0) return `store_${suffix}_part(${at}, ${value}, 1);`;
  if (stride !== 1) return `store_${suffix}_step(${at}, ${value}, ${stride}, ${lanes});`;
  return lanes === context.target.lanes
    ? `store_${suffix}(${at}, ${value});`
    : `store_${suffix}_part(${at}, ${value}, ${lanes});`;
}
