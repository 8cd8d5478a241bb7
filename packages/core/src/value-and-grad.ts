/**
 * Value and gradient of a function within a trace: what a training step is made of.
 */

import { isFloat, RheoError } from '@rheo/ir';
import { inlineProgram, tensorsOf } from './control.ts';
import { gradient } from './gradient/vjp.ts';
import { Tensor } from './tensor.ts';
import { atLayer, currentTrace, Trace, within } from './tracing.ts';
import type { Tree, TreeStructure } from './tree.ts';
import { unflattenTree } from './tree.ts';

/** What `valueAndGrad` returns; `aux` is undefined unless the function returns a pair. */
export interface ValueAndGrad<P extends Tree<Tensor>, X> {
  readonly value: Tensor;
  readonly aux: X;
  /** d value / d params, like the params. */
  readonly gradient: P;
}

/**
 * A function that gives the value of `fn` and its gradient by the first argument, all leaves of which are floats.
 * `fn` returns a float scalar, or a pair of it and a tree that is handed out beside it. Tensors around it are captured
 * and count as constants.
 */
export function valueAndGrad<P extends Tree<Tensor>, A extends readonly Tree<Tensor>[], X extends Tree<Tensor>>(
  fn: (params: P, ...rest: A) => readonly [Tensor, X],
): (params: P, ...rest: A) => ValueAndGrad<P, X>;
export function valueAndGrad<P extends Tree<Tensor>, A extends readonly Tree<Tensor>[]>(
  fn: (params: P, ...rest: A) => Tensor,
): (params: P, ...rest: A) => ValueAndGrad<P, undefined>;
export function valueAndGrad<P extends Tree<Tensor>, A extends readonly Tree<Tensor>[]>(
  fn: (params: P, ...rest: A) => Tensor | readonly [Tensor, Tree<Tensor>],
): (params: P, ...rest: A) => ValueAndGrad<P, Tree<Tensor> | undefined> {
  return (params, ...rest) => {
    const { leaves, structure, paths } = tensorsOf('valueAndGrad', params, 'the params');
    leaves.forEach(({ dtype }, index) => {
      if (!isFloat(dtype)) throw wrong(`params are differentiated, but ${paths[index] || 'it'} is ${dtype}`);
    });
    let auxStructure: TreeStructure | undefined;
    const child = new Trace('a function with gradient', currentTrace());
    const own = leaves.map(({ type }) => child.param(type));
    const { program, captured } = atLayer(undefined, () =>
      within(child, () => {
        const made = fn(unflattenTree(structure, own) as P, ...rest);
        const [value, aux] = Array.isArray(made) ? (made as readonly [Tensor, Tree<Tensor>]) : [made as Tensor];
        if (!(value instanceof Tensor) || !isFloat(value.dtype) || value.shape.length > 0) {
          throw wrong('the function must return a float scalar, or a pair of it and a tree');
        }
        if (aux === undefined) return child.close([value]);
        const further = tensorsOf('valueAndGrad', aux, 'the second result');
        auxStructure = further.structure;
        return child.close([value, ...further.leaves]);
      }),
    );
    const wrt = leaves.map((_, index) => captured.length + index);
    const results = inlineProgram(gradient(program, { of: 0, wrt }), [...captured, ...leaves]);
    const split = results.length - leaves.length;
    return {
      value: results[0] as Tensor,
      aux: auxStructure === undefined ? undefined : unflattenTree(auxStructure, results.slice(1, split)),
      gradient: unflattenTree(structure, results.slice(split)) as P,
    };
  };
}

function wrong(what: string): RheoError {
  return new RheoError('argument', { from: '@rheo/core', op: 'valueAndGrad', what });
}
