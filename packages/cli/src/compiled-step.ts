/**
 * One step of a model as it is compiled: the Program that was traced, what the passes make of it, and its loop kernels.
 * Parameters count as bound, as in a stream: work on them alone is done once.
 */

import { formatSteps, lower } from '@rheo/compiler';
import { flattenTree } from '@rheo/core';
import type { Program } from '@rheo/ir';
import { nestedPrograms } from '@rheo/ir';
import type { BuiltLayer, Layer } from '@rheo/layers';
import { build, stepProgram } from '@rheo/layers';
import { optimise } from '@rheo/passes';

/** The compiled step. */
export interface CompiledStep {
  readonly traced: Program;
  readonly optimised: Program;
  /** One line for each kernel. */
  readonly kernels: string;
}

/** Compiles one step for a batch of one, with an elapsed time. Throws `argument` for a model that cannot run step by step. */
export function compiledStep(model: Layer, features: number): CompiledStep {
  const built = build(model, features);
  const options = { features, dt: 'shared' as const, observed: needsObserved(built) };
  const { program: traced } = stepProgram(model, options);
  const optimised = optimise(traced);
  const weights = flattenTree(built.parameters).leaves.map((_, index) => index);
  return { traced, optimised, kernels: formatSteps(lower(optimised, new Set(weights))) };
}

/** Instructions of a Program, nested ones included. */
export function instructionCount(program: Program): number {
  return program.instructions.reduce(
    (count, instruction) =>
      count + 1 + nestedPrograms(instruction).reduce((sum, own) => sum + instructionCount(own), 0),
    0,
  );
}

/** True for a model that wants to be told which features were observed. */
export function needsObserved(layer: BuiltLayer): boolean {
  return layer.form === 'chain' ? layer.parts.some(needsObserved) : layer.form === 'recurrent' && layer.needsObserved;
}
