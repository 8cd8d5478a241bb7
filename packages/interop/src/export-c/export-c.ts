/**
 * A trained model as one C header for a microcontroller: dependency-free C99, static tables, no heap, reentrant.
 */

import { isIdentifier, lower, printC } from '@rheo/compiler';
import type { Parameter, Tree } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { describe } from '@rheo/layers';
import { headerText, stateMembers } from './c-header.ts';
import { selfTest } from './self-test.ts';
import type { ExportedElapsed, StepModel } from './step-model.ts';
import { stepModel } from './step-model.ts';

/** Options of `exportC`. */
export interface ExportCOptions {
  /** Input features of the model. */
  readonly features: number;
  /** Start of every name in the header, an identifier of C; "model" unless given. */
  readonly name?: string;
  /** "shared": the step takes the elapsed time; "none": it uses the layers' own. Absent: taken if it matters. */
  readonly dt?: ExportedElapsed;
}

/** A header and its figures. */
export interface ExportedC {
  readonly source: string;
  readonly name: string;
  readonly features: number;
  readonly outputs: number;
  /** Numbers that are carried from step to step. */
  readonly stateSize: number;
  readonly dt: ExportedElapsed;
  /** True if the step takes which features were observed. */
  readonly observed: boolean;
  /** Bytes of constant tables; the code comes on top. */
  readonly flashBytes: number;
  /** Bytes of one state, scratch included: `sizeof(<name>_state)`. */
  readonly ramBytes: number;
  /** What the self-test allows: |difference| / (1 + |output|). */
  readonly tolerance: number;
}

/**
 * Writes the step of a model, one row at a time, as a C header.
 * Throws `RheoError`: `argument` for a name that is no identifier, a model without a step (bidirectional, backwards) or
 * foreign parameters; `capability` for adaptive solvers; `value` for parameters that are not finite.
 */
export function exportC(model: Layer, parameters: Tree<Parameter>, options: ExportCOptions): ExportedC {
  const { features, name = 'model', dt } = options;
  checkName(name);
  checkElapsed(dt);
  const step = stepModel(model, parameters, features, dt);
  const members = stateMembers(step);
  const printed = printC(lower(step.program, undefined, { packing: false }), {
    prefix: name,
    inputs: [
      ...members.map((member) => `now_${member}`),
      'input',
      ...(step.dt === 'shared' ? ['dt'] : []),
      ...(step.observed ? ['observed'] : []),
    ],
    results: ['output', ...members.map((member) => `next_${member}`)],
  });
  const test = selfTest(step);
  const stateSize = step.state.reduce((sum, { size }) => sum + size, 0);
  const ramBytes = stateBytes(step, stateSize, printed.scratchBytes);
  const figures = { flashBytes: printed.tableBytes, ramBytes };
  const description = JSON.stringify(describe(model));
  return {
    source: headerText({ name, model: step, printed, test, description, ...figures }),
    name,
    features,
    outputs: step.outputs,
    stateSize,
    dt: step.dt,
    observed: step.observed,
    ...figures,
    tolerance: test.tolerance,
  };
}

/** Two copies of what is carried, the output if it is held, the scratch; whole words. */
function stateBytes({ holds, outputs }: StepModel, stateSize: number, scratchBytes: number): number {
  const bytes = 8 * stateSize + (holds ? 4 * outputs : 0) + scratchBytes;
  return bytes === 0 ? 1 : Math.ceil(bytes / 4) * 4;
}

function checkName(name: string): void {
  if (typeof name === 'string' && isIdentifier(name)) return;
  throw new RheoError('argument', {
    from: '@rheo/interop',
    what: 'the name of a C export must be an identifier',
    where: `name ${JSON.stringify(name)}`,
    remedy: 'Use a letter and then letters, digits and single underscores, at most 63, and no keyword of C or C++',
  });
}

function checkElapsed(dt: unknown): void {
  if (dt === undefined || dt === 'none' || dt === 'shared') return;
  throw new RheoError('argument', {
    from: '@rheo/interop',
    what: 'dt must be "none" or "shared"',
    where: `dt ${JSON.stringify(dt)}`,
    remedy: 'Leave it out, and the step takes the elapsed time if the model uses it',
  });
}
