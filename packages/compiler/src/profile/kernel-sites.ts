/**
 * The kernels of a lowered Program in the order of its code, each with the loops around it.
 *
 * A profiler numbers kernels by their position in this list: generated code says which one begins by that number.
 */

import type { ProfileLoop } from '@rheo/ir';
import type { Step } from '../kernels.ts';
import { describeKernel } from './describe-kernel.ts';
import type { KernelStep, Work } from './work.ts';
import { workOf } from './work.ts';

/** A kernel and where it stands. */
export interface KernelSite {
  readonly step: KernelStep;
  /** What runs: `product`, `map` … and the name of what it computes. */
  readonly kernel: string;
  /** Its sizes and ops. */
  readonly detail: string;
  /** Loops around it, the outermost first. */
  readonly loops: readonly ProfileLoop[];
  /** Work of one call. */
  readonly work: Work;
}

const nameOf = ({ kind, origin: { name } }: KernelStep): string => (name.startsWith(kind) ? name : `${kind} ${name}`);

/** All kernels of `steps`; every call of one of them in generated code belongs to its site. */
export function kernelSites(steps: readonly Step[]): readonly KernelSite[] {
  const sites: KernelSite[] = [];
  let control = 0;
  const walk = (list: readonly Step[], loops: readonly ProfileLoop[]): void => {
    for (const step of list) {
      if (step.kind === 'loop') {
        const { origin, length, parallel } = step;
        const name = parallel ? 'parallel' : origin.name;
        walk(step.body, [...loops, { id: control++, name, iterations: length }]);
      } else if (step.kind === 'while') {
        const around = [...loops, { id: control++, name: step.origin.name }];
        walk(step.test, around);
        walk(step.body, around);
      } else sites.push({ step, kernel: nameOf(step), detail: describeKernel(step), loops, work: workOf(step) });
    }
  };
  walk(steps, []);
  return sites;
}
