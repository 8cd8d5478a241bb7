/**
 * Text of lowered Programs, for people and for tests: one line per kernel, loops indented.
 */

import type { Access, Lowered, Node, Step } from './kernels.ts';

/** One line per step: kind, name, sizes, what it reads and writes. Buffers are b0, b1 …, inputs i0, results r0. */
export function formatSteps(lowered: Lowered): string {
  const lines: string[] = [];
  const buffer = (id: number): string => {
    const { kind, index } = lowered.buffers[id] ?? { kind: 'temporary', index: id };
    return kind === 'input' ? `i${index}` : kind === 'result' ? `r${index}` : `${kind === 'constant' ? 'c' : 'b'}${id}`;
  };
  const access = ({ buffer: id, offset, strides, loops }: Access): string => {
    const moving = loops.map(({ loop, stride }) => `+${stride}·t${loop}`).join('');
    const start = offset === 0 && moving === '' ? '' : `@${offset}${moving}`;
    return `${buffer(id)}${start}${strides.length === 0 ? '' : `(${strides.join(',')})`}`;
  };
  const arithmetic = (nodes: readonly Node[], root: number): string => {
    const text = (index: number): string => {
      const node = nodes[index] as Node;
      switch (node.kind) {
        case 'load':
          return access(node.access);
        case 'constant':
          return String(node.value);
        case 'index':
          return `iota[${node.index.coefficients.join(',')}]`;
        case 'product':
          return 'C';
        case 'gather':
          return `${access(node.access)}[${text(node.index)}]`;
        case 'op':
          return `${node.op}(${node.args.map(text).join(', ')})`;
      }
    };
    return text(root);
  };
  const walk = (steps: readonly Step[], indent: string): void => {
    for (const step of steps) {
      switch (step.kind) {
        case 'map':
          lines.push(`${indent}map [${step.shape.join(',')}]`);
          for (const store of step.stores) {
            lines.push(`${indent}  ${access(store.access)} = ${arithmetic(step.nodes, store.node)}`);
          }
          break;
        case 'reduce':
          lines.push(`${indent}${step.op} [${step.shape.join(',')}] over the last ${step.reduced}`);
          for (const store of step.stores) {
            lines.push(`${indent}  ${access(store.access)} = ${arithmetic(step.nodes, store.node)}`);
          }
          break;
        case 'sums':
          lines.push(`${indent}sums [${step.shape.join(',')}]`);
          for (const store of step.stores) {
            lines.push(`${indent}  ${access(store.access)} += ${arithmetic(step.nodes, store.node)}`);
          }
          break;
        case 'argmax':
          lines.push(
            `${indent}argmax [${step.shape.join(',')}] of ${step.size}: ${access(step.store)} = ${access(step.load)}`,
          );
          break;
        case 'pack':
          lines.push(`${indent}pack ${step.k}×${step.n}: ${buffer(step.to)} = ${access(step.from)}`);
          break;
        case 'product': {
          const batch = step.batch.map(({ size }) => `${size}×`).join('');
          lines.push(
            `${indent}product ${batch}${step.m}×${step.n}×${step.k}: C = ${access(step.a)} · ${buffer(step.packed)}`,
          );
          for (const store of step.epilogue.stores) {
            lines.push(`${indent}  ${access(store.access)} = ${arithmetic(step.epilogue.nodes, store.node)}`);
          }
          break;
        }
        case 'scatter':
          lines.push(`${indent}scatter_add [${step.shape.join(',')}]`);
          lines.push(
            `${indent}  ${access(step.store)}[${arithmetic(step.nodes, step.index)}] += ${arithmetic(step.nodes, step.value)}`,
          );
          break;
        case 'loop':
          lines.push(
            `${indent}${step.parallel ? 'parallel ' : ''}loop t${step.loop} ${step.reverse ? `${step.length - 1} … 0` : `0 … ${step.length - 1}`}`,
          );
          walk(step.body, `${indent}  `);
          break;
        case 'while':
          lines.push(`${indent}while ${access(step.flag)} after`);
          walk(step.test, `${indent}    `);
          lines.push(`${indent}  do`);
          walk(step.body, `${indent}    `);
          break;
      }
    }
  };
  if (lowered.prepare.length > 0) {
    lines.push('prepare');
    walk(lowered.prepare, '  ');
    lines.push('run');
    walk(lowered.steps, '  ');
  } else walk(lowered.steps, '');
  return lines.join('\n');
}
