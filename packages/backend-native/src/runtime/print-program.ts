/**
 * From a legal Program to C and the places of its buffers.
 */

import type { Lowered, MemoryPlan } from '@rheo/compiler';
import { lower, planMemory } from '@rheo/compiler';
import type { Program } from '@rheo/ir';
import { printSource, usualLeastWork } from '../codegen/print-source.ts';
import type { Source } from '../codegen/source.ts';
import type { Target } from '../codegen/target.ts';
import { panelOf } from '../codegen/target.ts';

/** What a Program is printed for. */
export interface PrintOptions {
  readonly target: Target;
  /** Threads of a run; 1 unless given. */
  readonly threads?: number;
  /** See `SourceOptions`. */
  readonly leastWork?: number;
}

/** A Program as C, with where its buffers go. */
export interface Printed {
  readonly lowered: Lowered;
  readonly plan: MemoryPlan;
  readonly source: Source;
}

/** Lowers a legal Program with these inputs bound. */
export function lowerProgram(program: Program, bound: ReadonlySet<number>, target: Target): Lowered {
  return lower(program, bound, { panel: panelOf(target), sums: true });
}

/** Lowers a legal Program and prints it. */
export function printProgram(program: Program, bound: ReadonlySet<number>, options: PrintOptions): Printed {
  const { target, threads = 1, leastWork = usualLeastWork } = options;
  const lowered = lowerProgram(program, bound, target);
  const plan = planMemory(lowered, { threads: threads > 1 });
  return { lowered, plan, source: printSource(lowered, target, { leastWork }) };
}
