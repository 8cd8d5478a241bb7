/**
 * What all printers of one C file share: the target, the text so far, and how a place in a buffer is written.
 */

import type { DType } from '@rheo/ir';
import type { Access, Affine, Buffer } from '../kernels.ts';
import type { Dialect } from './dialect.ts';
import type { Helper } from './helpers.ts';

/** State of one file being printed. */
export interface CContext {
  readonly dialect: Dialect;
  readonly buffers: readonly Buffer[];
  /** Identifier of a buffer: an array or a pointer to its first element. */
  name(buffer: number): string;
  /** Name of a helper, which is then printed. */
  helper(helper: Helper): string;
}

/** Lines of a file, with the indent at hand. */
export class Lines {
  readonly #lines: string[] = [];
  #indent = '';

  constructor(indent: string = '') {
    this.#indent = indent;
  }

  add(text: string): void {
    this.#lines.push(text === '' ? '' : this.#indent + text);
  }

  /** Opens a block, prints its inside, closes it; the block has a comment behind its bracket if one is given. */
  block(head: string, inside: () => void, remark?: string): void {
    this.add([head, '{', remark].filter((part) => part !== undefined && part !== '').join(' '));
    const before = this.#indent;
    this.#indent += '  ';
    inside();
    this.#indent = before;
    this.add('}');
  }

  get text(): string {
    return this.#lines.join('\n');
  }
}

/** Names of the counters of a kernel's axes. */
export function axisNames(count: number): string[] {
  return Array.from({ length: count }, (_, axis) => ['i', 'j', 'l', 'm'][axis] ?? `i${axis}`);
}

/** Name of the counter of a scan. */
export function loopName(loop: number): string {
  return `t${loop}`;
}

/** An element: `x_3[8 * i + j + 5]`. `moved` is a further term. */
export function element(context: CContext, access: Access, axes: readonly string[], moved?: string): string {
  return `${context.name(access.buffer)}[${place(access, axes, moved)}]`;
}

/** The index of an element within its buffer. */
export function place(access: Access, axes: readonly string[], moved?: string): string {
  const terms = [
    ...access.loops.map(({ loop, stride }) => ({ name: loopName(loop), stride })),
    ...access.strides.map((stride, axis) => ({ name: axes[axis] ?? '0', stride })),
  ];
  return sum(terms, access.offset, moved);
}

/** An affine number. */
export function affine({ constant, coefficients }: Affine, axes: readonly string[]): string {
  return sum(
    coefficients.map((stride, axis) => ({ name: axes[axis] ?? '0', stride })),
    constant,
  );
}

/** Element type of a buffer. */
export function dtypeOf(context: CContext, buffer: number): DType {
  return (context.buffers[buffer] as Buffer).dtype;
}

function sum(terms: readonly { name: string; stride: number }[], constant: number, moved?: string): string {
  let text = '';
  for (const { name, stride } of terms) {
    if (stride === 0) continue;
    const size = Math.abs(stride);
    const term = size === 1 ? name : `${size} * ${name}`;
    text += text === '' ? (stride < 0 ? `-${term}` : term) : stride < 0 ? ` - ${term}` : ` + ${term}`;
  }
  if (moved !== undefined) text += text === '' ? moved : ` + ${moved}`;
  if (text === '') return String(constant);
  if (constant === 0) return text;
  return constant < 0 ? `${text} - ${-constant}` : `${text} + ${constant}`;
}
