/**
 * From a function on trees of tensors to a Program.
 */

import type { Program, TensorType } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { tensorsOf } from './control.ts';
import type { Tensor } from './tensor.ts';
import { Trace, within } from './tracing.ts';
import type { Tree, TreeStructure } from './tree.ts';
import { flattenTree, unflattenTree } from './tree.ts';

/** A traced function: the leaves of its arguments are the parameters, the leaves of its result the results. */
export interface Traced {
  readonly program: Program;
  readonly args: readonly TreeStructure[];
  readonly result: TreeStructure;
}

/**
 * Runs `fn` once on symbolic tensors and returns what it did as a Program. Parameters are named by the position of
 * the argument and the path within it (`0/cell/kernel`), or with `names` in place of the positions.
 */
export function trace<A extends readonly Tree<Tensor>[]>(
  fn: (...args: A) => Tree<Tensor>,
  args: readonly Tree<TensorType>[],
  names: readonly string[] = [],
): Traced {
  const child = new Trace('a function');
  const inputs = args.map((arg, position) => {
    const { leaves, structure, paths } = flattenTree(arg);
    const prefix = names[position] ?? String(position);
    const params = leaves.map((type, index) => {
      checkType(type, prefix);
      const path = paths[index];
      return child.param({ dtype: type.dtype, shape: type.shape }, path === '' ? prefix : `${prefix}/${path}`);
    });
    return { structure, tree: unflattenTree(structure, params) };
  });
  return within(child, () => {
    const { leaves, structure } = tensorsOf(
      'trace',
      fn(...(inputs.map(({ tree }) => tree) as unknown as A)),
      'the result',
    );
    return { program: child.close(leaves).program, args: inputs.map((input) => input.structure), result: structure };
  });
}

function checkType(type: TensorType, where: string): void {
  if (typeof type === 'object' && typeof type.dtype === 'string' && Array.isArray(type.shape)) return;
  throw new RheoError('argument', {
    from: '@rheo/core',
    what: 'the types to trace with must be trees of { dtype, shape }',
    where: `argument ${where}`,
    remedy: "Use tensorType('f32', ['batch', 4])",
  });
}
