/**
 * What a kernel computes, in one line for people: sizes, then the ops that are not plain loads, each name once.
 */

import type { Node } from '../kernels.ts';
import type { KernelStep } from './work.ts';

const sizes = (shape: readonly number[]): string => (shape.length === 0 ? '1' : shape.join('×'));

function opsOf(nodes: readonly Node[]): string {
  const names = new Set<string>(nodes.flatMap((node) => (node.kind === 'op' ? [node.op] : [])));
  if (nodes.some(({ kind }) => kind === 'gather')) names.add('gather');
  return [...names].join(', ');
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(': ');

/** `32×128×37: add, tanh, mul` of a product with its rows, columns and terms; `32×64: add` of a map. */
export function describeKernel(step: KernelStep): string {
  switch (step.kind) {
    case 'map':
    case 'sums':
      return joined(sizes(step.shape), opsOf(step.nodes));
    case 'reduce': {
      const kept = step.shape.length - step.reduced;
      const over = `${sizes(step.shape.slice(0, kept))} of ${sizes(step.shape.slice(kept))}`;
      return joined(over, opsOf(step.nodes));
    }
    case 'argmax':
      return `${sizes(step.shape)} of ${step.size}`;
    case 'pack':
      return sizes([...step.batch.map(({ size }) => size), step.k, step.n]);
    case 'product': {
      const { batch, m, n, k, epilogue } = step;
      return joined(sizes([...batch.map(({ size }) => size), m, n, k]), opsOf(epilogue.nodes));
    }
    case 'scatter':
      return joined(`${sizes(step.shape)} into ${step.size}`, opsOf(step.nodes));
  }
}
