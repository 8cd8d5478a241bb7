/**
 * Gradients as Program → Program: reverse mode, one rule per op, along what is wanted only.
 */

import type { Program, TensorType } from '@rheo/ir';
import { formatType, isFloat, RheoError, resultTypes } from '@rheo/ir';
import { deadCode } from '@rheo/passes';
import { ones, zeros } from '../sources.ts';
import type { Tensor } from '../tensor.ts';
import { atLayer, Trace, within } from '../tracing.ts';
import { differentiate } from './differentiate.ts';

/** What to differentiate, and by what. */
export interface GradientOptions {
  /** Position of the result to differentiate; it must be a float scalar. */
  readonly of: number;
  /** Positions of the parameters to differentiate by; they must be floats. */
  readonly wrt: readonly number[];
}

/**
 * The Program with gradients: its results are all results of the given one, then d of / d parameter for each of `wrt`.
 * Throws `gradient` for a `while` on the way, and `argument` for positions that are no floats.
 */
export function gradient(program: Program, options: GradientOptions): Program {
  const types = resultTypes(program);
  const type = types[options.of];
  if (type === undefined || !isFloat(type.dtype) || type.shape.length > 0) {
    throw new RheoError('argument', {
      from: '@rheo/core',
      what: `result ${options.of} is no float scalar, so it has no gradient`,
      shapes: types.map(formatType),
      remedy: 'Reduce it to a scalar with reduceSum or reduceMean, or use vjp',
    });
  }
  const seeded = types.map((_, index) => index === options.of);
  return build(program, options.wrt, seeded, () =>
    types.map((_, index) => (seeded[index] ? ones([], type.dtype) : undefined)),
  );
}

/**
 * The vector-Jacobian product. Parameters: those of the Program, then a cotangent for each float result. Results: those
 * of the Program, then the cotangents of the parameters at `wrt`.
 */
export function vjp(program: Program, wrt: readonly number[]): Program {
  const types = resultTypes(program);
  const seeded = types.map(({ dtype }) => isFloat(dtype));
  return build(program, wrt, seeded, (param) =>
    types.map((type, index) => (seeded[index] ? param(type, `cotangent${index}`) : undefined)),
  );
}

function build(
  program: Program,
  wrt: readonly number[],
  seeded: readonly boolean[],
  seeds: (param: (type: TensorType, name: string) => Tensor) => (Tensor | undefined)[],
): Program {
  for (const index of wrt) {
    const param = program.params[index];
    if (param !== undefined && isFloat(param.type.dtype)) continue;
    throw new RheoError('argument', {
      from: '@rheo/core',
      what: param === undefined ? `there is no parameter ${index}` : `parameter ${index} is no float`,
      where: param?.name,
      shapes: program.params.map(({ type }) => formatType(type)),
      remedy: 'Differentiate by float parameters only',
    });
  }
  const active = program.params.map((_, index) => wrt.includes(index));
  const trace = new Trace('a gradient');
  const operands = program.params.map(({ type, name }) => trace.param(type, name));
  return atLayer(undefined, () =>
    within(trace, () => {
      const cotangents = seeds((type, name) => trace.param(type, name));
      const part = differentiate(program, operands, active, seeded);
      const back = part.pull(cotangents);
      const gradients = wrt.map((index) => {
        const { type } = operands[index] as Tensor;
        return back[index] ?? zeros(type.shape, type.dtype);
      });
      return deadCode(trace.close([...part.results, ...gradients]).program);
    }),
  );
}
