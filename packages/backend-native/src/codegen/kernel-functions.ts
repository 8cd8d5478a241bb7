/**
 * The functions of kernels: one for all that differ only in their buffers and in the numbers of the loops around them.
 *
 * A kernel takes the addresses of its buffers and the counters of its loops. Training has many that are alike, the same sums and
 * the same update for one weight after another; compilers need hundreds of milliseconds for what is then called twice.
 */

import { comment, Lines, loopName } from '@rheo/compiler';
import type { PrintContext } from './context.ts';
import { parameter } from './context.ts';
import type { PrintedFunction } from './source.ts';

/** A kernel whose body has been printed. */
export interface KernelText {
  /** Beginning of its name. */
  readonly kind: string;
  /** End of its name. */
  readonly part: string;
  /** What it is, for people. */
  readonly title: string;
  /** Buffers that it may touch. */
  readonly buffers: ReadonlySet<number>;
  /** Scans around it, outermost first. */
  readonly loops: readonly number[];
  /** Lines of its body. */
  readonly body: string;
}

/** See the head of this file. */
export class KernelFunctions {
  /** In an order in which callees come first. */
  readonly functions: PrintedFunction[] = [];
  readonly #known = new Map<string, { readonly name: string; readonly title: string }>();

  /** Text that calls a kernel, whose function is printed if there is none yet. */
  call(context: PrintContext, kernel: KernelText): string {
    const { title, loops } = kernel;
    const { buffers, key } = canonical(context, kernel);
    const known = this.#known.get(key);
    const name = known?.name ?? this.#print(context, kernel, buffers);
    if (known === undefined) this.#known.set(key, { name, title });
    const given = [...buffers.map((buffer) => `table[${buffer}]`), ...loops.map(loopName)];
    const call = `${name}(${given.join(', ')});`;
    return known === undefined || known.title === title ? call : `${call} ${comment(title)}`;
  }

  #print(context: PrintContext, { kind, part, title, loops, body }: KernelText, buffers: readonly number[]): string {
    const name = [kind, this.#known.size, part].filter((word) => word !== '').join('_');
    const parameters = [
      ...buffers.map((buffer) => parameter(context, buffer)),
      ...loops.map((loop) => `long ${loopName(loop)}`),
    ];
    const head = `KERNEL void ${name}(${parameters.join(', ') || 'void'})`;
    const lines = new Lines();
    lines.add(comment(title));
    lines.block(head, () => {
      for (const line of body.split('\n')) lines.add(line);
    });
    this.functions.push({ head, text: lines.text });
    return name;
  }
}

/** The buffers that a body names, in the order in which it does, and a text that is equal for what one function can do. */
function canonical(
  context: PrintContext,
  { buffers, loops, body }: KernelText,
): { readonly buffers: number[]; readonly key: string } {
  const byName = new Map([...buffers].map((buffer) => [context.name(buffer), buffer]));
  const loopNames = loops.map(loopName);
  const order: number[] = [];
  const key = body.replace(/[A-Za-z_]\w*/g, (word) => {
    const loop = loopNames.indexOf(word);
    if (loop >= 0) return `$loop${loop}`;
    const buffer = byName.get(word);
    if (buffer === undefined) return word;
    if (!order.includes(buffer)) order.push(buffer);
    return `$${order.indexOf(buffer)}`;
  });
  const types = order.map((buffer) => context.buffers[buffer]?.dtype);
  return { buffers: order, key: [...types, loops.length, key].join(' ') };
}
