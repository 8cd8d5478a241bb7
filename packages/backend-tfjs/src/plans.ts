/**
 * The plans of one Program: one for each set of numbers behind its named dimensions, the latest few kept.
 */

import type { Dims, Program } from '@rheo/ir';
import { dimensionNames } from '@rheo/ir';
import { optimise, specialise } from '@rheo/passes';
import type { Plan } from './plan.ts';
import { plan, releasePlan } from './plan.ts';

/** Plans kept; a further one takes the place of the oldest. */
const capacity = 64;

/** See the head of this file. */
export class Plans {
  readonly #program: Program;
  readonly #names: readonly string[];
  readonly #maxElements: number;
  readonly #made: Map<string, Plan> = new Map();

  constructor(program: Program, maxElements: number) {
    this.#program = program;
    this.#names = dimensionNames(program);
    this.#maxElements = maxElements;
    if (this.#names.length === 0) this.get({});
  }

  /** The plan for these sizes. Throws `shape` for a size that an op cannot take, `capability` for one that is too large. */
  get(dims: Dims): Plan {
    const key = JSON.stringify(this.#names.map((name) => dims[name]));
    const found = this.#made.get(key);
    if (found !== undefined) return found;
    const bound = this.#names.length === 0 ? this.#program : optimise(specialise(this.#program, dims));
    const made = plan(bound, this.#maxElements);
    this.#made.set(key, made);
    return made;
  }

  /** Drops the oldest plans beyond those kept. Called within the queue only, when no run needs them. */
  trim(keep: number = capacity): void {
    for (const [key, old] of this.#made) {
      if (this.#made.size <= keep) return;
      this.#made.delete(key);
      releasePlan(old);
    }
  }
}
