/**
 * Finds the first value on which two backends differ.
 *
 * The Program is run with its intermediate values as results, and these are compared in order. Where the first that
 * differs comes from a scan, a while or a call, the search goes on inside, from the operands that backend `a` had, so
 * that one fault is found and not what follows from it.
 */

import type { Backend, Program, TensorData, ValueId } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { specialise } from '@rheo/passes';
import type { Tolerance } from '../tolerance.ts';
import { programTolerance } from '../tolerance.ts';
import { firstWithin, pathOf } from './descent.ts';
import type { Difference } from './difference.ts';
import { Pair } from './pair.ts';
import { definer } from './probe.ts';

/** Options of `bisect`. */
export interface BisectOptions {
  /** Numbers for named dimensions; needed if the Program has any. */
  readonly dims?: Readonly<Record<string, number>>;
  /** How far apart the backends may be; `programTolerance` unless given. */
  readonly tolerance?: Tolerance;
  /** Passes to switch on or off, where the backends have them. */
  readonly passes?: Readonly<Record<string, boolean>>;
}

/**
 * Runs a Program on two backends and gives the first value, in the order of instructions, that differs by more than
 * `b` may be off plus what `a` is off (at most as much again); undefined if all values agree.
 * The bounds come from the reference interpreter, which runs the Program as well: this is for tests, not for speed.
 * Throws `argument` for a wrong number of inputs, `shape` for a dimension without a number, and whatever the backends
 * throw.
 */
export async function bisect(
  program: Program,
  inputs: readonly TensorData[],
  a: Backend,
  b: Backend,
  options: BisectOptions = {},
): Promise<Difference | undefined> {
  const { dims = {}, tolerance = programTolerance, passes } = options;
  if (inputs.length !== program.params.length) {
    throw new RheoError('argument', {
      from: '@rheo/conformance',
      what: `the Program has ${program.params.length} parameters, not ${inputs.length}`,
      where: 'inputs of bisect',
      remedy: 'Pass one array for each parameter',
    });
  }
  const bound = specialise(program, dims);
  const pair = new Pair({ a, b, tolerance, passes });
  try {
    return (await firstWithin({ pair, path: [] }, bound, inputs)) ?? (await asWhole(pair, bound, inputs));
  } finally {
    pair.dispose();
  }
}

/** The results that differ although all values agree when they are returned as well. */
async function asWhole(pair: Pair, program: Program, inputs: readonly TensorData[]): Promise<Difference | undefined> {
  const results = await pair.run(program, inputs);
  for (const [index, both] of results.entries()) {
    const gap = pair.gap(both);
    if (gap === undefined) continue;
    const value = program.results[index] as ValueId;
    const instruction = definer(program, value);
    const { layer, name } = instruction?.metadata ?? {};
    const op = instruction?.op ?? 'parameter';
    return {
      path: `result ${index}: ${pathOf([`%${value} ${op}`], layer)}`,
      op,
      ...(layer === undefined ? {} : { layer }),
      ...(name === undefined ? {} : { name }),
      type: both.type,
      ...gap,
      shows: 'as a whole',
      example: pair.example(program, inputs),
    };
  }
  return undefined;
}
