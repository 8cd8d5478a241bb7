/**
 * Adaptive steps whose gradient is a second solution (Chen et al., NeurIPS 2018, algorithm 1), and not that of the steps:
 *   da/dt = −(∂f/∂y)ᵀ a backwards from the end, dL/dp = ∫ aᵀ ∂f/∂p dt
 * Time runs from 0 to 1 as in `adaptive-step.ts`, so that start and elapsed are parameters as all others. The integral is summed
 * with the weights of the steps and takes no part in the control of their size (Kidger et al., ICML 2021).
 *
 * Cost: both ways stop when the slowest row is done, and nothing of the way there is kept. The way back evaluates f and
 * two products with its derivative at each stage: about six times the work of a step. y is solved again backwards, which
 * is inexact where the equation is stiff: prefer `solveAdaptive` there, and where memory allows.
 */

import type { Tensor, Tree } from '@rheo/core';
import {
  add,
  broadcastTo,
  constant,
  customGradient,
  flattenTree,
  inlineProgram,
  lt,
  mapTree,
  mul,
  neg,
  select,
  sub,
  trace,
  unflattenTree,
  vjp,
  zeros,
} from '@rheo/core';
import type { Progress } from './adaptive-step.ts';
import { anyRow, attempt, overInterval } from './adaptive-step.ts';
import { dormandPrince } from './dormand-prince.ts';
import type { Derivative } from './right-hand-side.ts';
import { rowOperand } from './row-operand.ts';
import { advance } from './runge-kutta.ts';
import type { AdaptiveOptions, Interval } from './solve-adaptive.ts';
import { begin, checkedTolerances, repeat, solveAdaptive } from './solve-adaptive.ts';

/** dy/dt at time t [batch, 1]; what gradients are wanted for is in `parameters`, as it may capture no tensors. */
export type ParametricDerivative<P extends Tree<Tensor>, Y extends Tree<Tensor>> = (
  t: Tensor,
  y: Y,
  parameters: P,
) => Y;

/** All that gradients are for, besides y. */
type Given = { readonly start: Tensor; readonly elapsed: Tensor; readonly parameters: Tree<Tensor> };
type Both = { readonly y: Tree<Tensor>; readonly a: Tree<Tensor> };
type Back = { readonly progress: Progress<Both>; readonly total: Tree<Tensor> };

/**
 * y at the end of an interval, and bool [batch] of the rows that got there. Leaves of y are [batch, …], and all leaves are
 * floats. A row that does not finish on the way back makes the gradient NaN. Throws `argument` for a wrong option.
 */
export function solveAdjoint<P extends Tree<Tensor>, Y extends Tree<Tensor>>(
  f: ParametricDerivative<P, Y>,
  parameters: P,
  y: Y,
  { start = 0, elapsed }: Interval,
  options: Omit<AdaptiveOptions, 'loop'> = {},
): { readonly y: Y; readonly finished: Tensor } {
  checkedTolerances(options);
  const [leaf] = flattenTree<Tensor>(y).leaves;
  const perRow = (x: Tensor | number): Tensor => {
    const { dtype = 'f32', shape = [] } = leaf ?? {};
    const tensor = typeof x === 'number' ? constant(x, { dtype }) : x;
    return tensor.shape.length === 2 ? tensor : broadcastTo(tensor, [shape[0] ?? 0, 1]);
  };
  const solve = customGradient('adjoint', {
    forward: (from: Tree<Tensor>, given: Given) => {
      const derivative: Derivative<Tree<Tensor>> = (t, at) => f(t as Tensor, at as Y, given.parameters as P);
      const end = solveAdaptive(derivative, from, given, { ...options, loop: 'while' });
      return [
        { y: end.y, finished: end.finished },
        { y: end.y, given },
      ] as const;
    },
    backward: ({ y: end, given }: { readonly y: Tree<Tensor>; readonly given: Given }, cotangents) => {
      const a = unflattenTree(flattenTree<Tensor>(end).structure, cotangents);
      const { progress, total } = goBack(pullback(f as never, end, given), { y: end, a }, given, options);
      const lost = anyRow(lt(progress.u, 1));
      const leaves = [...flattenTree<Tensor>(progress.y.a).leaves, ...flattenTree<Tensor>(total).leaves];
      return leaves.map((x) => select(lost, Number.NaN, x));
    },
  });
  return solve(y, { start: perRow(start), elapsed: perRow(elapsed), parameters }) as {
    readonly y: Y;
    readonly finished: Tensor;
  };
}

/** Slope, aᵀ ∂/∂y and aᵀ ∂/∂given of the equation in parts of the interval. */
type Pullback = (
  u: Tensor,
  y: Tree<Tensor>,
  a: Tree<Tensor>,
) => { readonly slope: Tree<Tensor>; readonly byY: Tree<Tensor>; readonly byGiven: Tree<Tensor> };

function pullback(f: ParametricDerivative<Tree<Tensor>, Tree<Tensor>>, end: Tree<Tensor>, given: Given): Pullback {
  const [ys, all] = [flattenTree<Tensor>(end), flattenTree<Tensor>(given)];
  const batch = ys.leaves[0]?.shape[0] ?? 0;
  const typeOf = ({ type }: Tensor): Tensor['type'] => type;
  const { program } = trace(
    (u: Tensor, y: Tree<Tensor>, { start, elapsed, parameters }: Given) =>
      overInterval((t, at: Tree<Tensor>) => f(t as Tensor, at, parameters), start, elapsed)(u, y),
    [{ dtype: given.elapsed.dtype, shape: [batch] }, mapTree(typeOf, end), mapTree(typeOf, given as Tree<Tensor>)],
  );
  const count = ys.leaves.length;
  const back = vjp(
    program,
    [...ys.leaves, ...all.leaves].map((_, index) => 1 + index),
  );
  return (u, y, a) => {
    const leaves = (tree: Tree<Tensor>): readonly Tensor[] => flattenTree(tree).leaves;
    const results = inlineProgram(back, [u, ...leaves(y), ...all.leaves, ...leaves(a)]);
    return {
      slope: unflattenTree(ys.structure, results.slice(0, count)),
      byY: unflattenTree(ys.structure, results.slice(count, 2 * count)),
      byGiven: unflattenTree(all.structure, results.slice(2 * count)),
    };
  };
}

/** From the end (u = 0 here) to the start, with the sums for what is given. */
function goBack(pull: Pullback, end: Both, given: Given, options: AdaptiveOptions): Back {
  const { tableau = dormandPrince, maxSteps = 32 } = options;
  const tolerances = checkedTolerances(options);
  const g: Derivative<Both> = (u, { y, a }) => {
    const { slope, byY } = pull(sub(1, u), y, a);
    return { y: mapTree((x: Tensor) => neg(x), slope), a: byY };
  };
  const active = ({ progress }: Back): Tensor => lt(progress.u, 1);
  const body = (before: Back): Back => {
    const { progress } = before;
    const { next, slopes, step, accepted } = attempt(tableau, g, tolerances, progress, active(before));
    const size = select(accepted, step, 0);
    let { total } = before;
    tableau.weights.forEach((weight, stage) => {
      if (weight === 0) return;
      const { y, a } = advance(progress.y, slopes, tableau.stages[stage] ?? [], step);
      const u = add(progress.u, mul(step, tableau.nodes[stage] ?? 0));
      const share = mul(size, weight);
      const scaled = mapTree((x: Tensor) => mul(x, rowOperand(share, x)), a);
      total = mapTree((x: Tensor, z: Tensor) => add(x, z), total, pull(sub(1, u), y, scaled).byGiven);
    });
    return { progress: next, total };
  };
  const total = mapTree(({ shape, dtype }: Tensor) => zeros(shape, dtype), given as Tree<Tensor>);
  return repeat(body, active, { progress: begin(tableau, g, end, tolerances), total }, maxSteps, 'while');
}
