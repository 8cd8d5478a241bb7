/**
 * All cases of the kit, in a fixed order and with ids that never repeat.
 */

import { bindingCases } from './cases/binding-cases.ts';
import { contractCases } from './cases/contract-cases.ts';
import { lawCases } from './cases/law-cases.ts';
import { lifecycleCases } from './cases/lifecycle-cases.ts';
import { opCases } from './cases/op-table.ts';
import { specialCases } from './cases/special-cases.ts';
import { trainingCases } from './cases/training-cases.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { randomCases } from './random/random-cases.ts';

/** Every case. */
export const cases: readonly ConformanceCase[] = collect();

function collect(): ConformanceCase[] {
  const all = [
    ...Object.values(opCases).flatMap((make) => make()),
    ...specialCases(),
    ...lawCases(),
    ...trainingCases(),
    ...contractCases(),
    ...bindingCases(),
    ...lifecycleCases(),
    ...randomCases(),
  ];
  const seen = new Set<string>();
  for (const { id } of all) {
    if (seen.has(id)) throw new Error(`two cases are called ${id}`);
    seen.add(id);
  }
  return all;
}
