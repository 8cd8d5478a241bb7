/**
 * The options by which layers choose an ODE solver, and its use over one elapsed time.
 *
 * The adaptive solver adds `unfinished` to a layer's state: how often a row did not reach the end of an elapsed time. Such a
 * row is NaN from there on, and `predict` and streams refuse to hand it out.
 */

import type { Tensor } from '@rheo/core';
import { add, convert, full, not, reshape, select } from '@rheo/core';
import type { Elapsed } from '../layer.ts';
import type { OptionRules } from '../options.ts';
import { notNegative, oneOf, positiveInteger } from '../options.ts';
import { dormandPrince } from '../solvers/dormand-prince.ts';
import { euler } from '../solvers/euler.ts';
import { heun } from '../solvers/heun.ts';
import { midpoint } from '../solvers/midpoint.ts';
import type { Decay, Derivative } from '../solvers/right-hand-side.ts';
import { rk4 } from '../solvers/rk4.ts';
import { rowOperand } from '../solvers/row-operand.ts';
import { derivativeOf } from '../solvers/semi-implicit.ts';
import { solveAdaptive } from '../solvers/solve-adaptive.ts';
import { solveFixed, solveSemiImplicit } from '../solvers/solve-fixed.ts';
import type { Tableau } from '../solvers/tableau.ts';

const fixed: { readonly [K in 'euler' | 'heun' | 'midpoint' | 'rk4']: Tableau } = { euler, heun, midpoint, rk4 };

export type SolverName = keyof typeof fixed | 'dormand-prince';

/** Options of layers with an ODE; S adds `semi-implicit` where the equation decays. */
export type OdeConfig<S extends string = SolverName> = {
  readonly solver: S;
  /** Steps in an elapsed time, for solvers with fixed steps. */
  readonly unfolds: number;
  /** Allowed errors and attempts in an elapsed time, for `dormand-prince`. */
  readonly rtol: number;
  readonly atol: number;
  readonly maxSteps: number;
};

const names = [...Object.keys(fixed), 'dormand-prince'];

/** Rules of the options; `decays` allows `semi-implicit`. */
export function odeRules(decays: boolean): OptionRules {
  return {
    solver: oneOf(decays ? [...names, 'semi-implicit'] : names),
    unfolds: positiveInteger,
    rtol: notNegative,
    atol: notNegative,
    maxSteps: positiveInteger,
  };
}

/** Defaults of the options that are the same in all layers. */
export const adaptiveDefaults: Omit<OdeConfig, 'solver' | 'unfolds'> = { rtol: 1e-3, atol: 1e-6, maxSteps: 16 };

/** The part of the state in which a layer counts what its solver did not finish. */
export function solverState({ solver }: Pick<OdeConfig<string>, 'solver'>): { readonly unfinished?: number } {
  return solver === 'dormand-prince' ? { unfinished: 1 } : {};
}

/** An equation that does not depend on time: dy/dt = derivative(y), or source − rate ⊙ y. */
export type Flow =
  | { readonly derivative: (y: Tensor) => Tensor }
  | { readonly decay: (y: Tensor) => { readonly source: Tensor; readonly rate: Tensor } };

/** y [batch, units] after an elapsed time, and the solver's part of the state. */
export function evolve(
  config: OdeConfig<string>,
  flow: Flow,
  y: Tensor,
  elapsed: Elapsed,
  before: Tensor | undefined,
): { readonly y: Tensor; readonly solver: { readonly unfinished?: Tensor } } {
  const { solver, unfolds: steps, rtol, atol, maxSteps } = config;
  const decay: Decay<Tensor> | undefined = 'decay' in flow ? (_t, at) => flow.decay(at) : undefined;
  const derivative: Derivative<Tensor> =
    'derivative' in flow ? (_t, at) => flow.derivative(at) : derivativeOf((_t, at: Tensor) => flow.decay(at));
  if (solver === 'semi-implicit' && decay !== undefined) {
    return { y: solveSemiImplicit(decay, y, { elapsed, steps }), solver: {} };
  }
  if (solver !== 'dormand-prince') {
    const tableau = fixed[solver as keyof typeof fixed];
    return { y: solveFixed(tableau, derivative, y, { elapsed, steps }), solver: {} };
  }
  const end = solveAdaptive(derivative, y, { elapsed }, { tableau: dormandPrince, rtol, atol, maxSteps });
  const lost = convert(not(end.finished), y.dtype);
  const [batch] = y.shape;
  const count = reshape(lost, [batch ?? 0, 1]);
  return {
    y: select(rowOperand(end.finished, end.y) as Tensor, end.y, full([], Number.NaN, y.dtype)),
    solver: { unfinished: before === undefined ? count : add(before, count) },
  };
}
