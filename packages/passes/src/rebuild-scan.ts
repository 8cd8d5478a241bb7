/**
 * Emits a scan again with some carries gone and some values of its body as new ys.
 */

import type { InstructionOf, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { at, copy } from './rebuild.ts';

/** What changes; values are named by their numbers in the old body. */
export interface ScanChange {
  /** Carries that go, with all that reads them. */
  readonly dropped: ReadonlySet<number>;
  /** Values that are stacked beside the old ys. */
  readonly stacks: readonly ValueId[];
  /** Old ys (counted from 0) that go. */
  readonly droppedYs?: ReadonlySet<number>;
}

/** Results of the new scan: by old result (undefined for what is gone), and the stack of a value of the body. */
export interface NewScan {
  readonly results: readonly (ValueId | undefined)[];
  readonly stacks: ReadonlyMap<ValueId, ValueId>;
}

/** Emits the changed scan. */
export function changeScan(
  builder: ProgramBuilder,
  scan: InstructionOf<'scan'>,
  operands: readonly ValueId[],
  { dropped, stacks, droppedYs }: ScanChange,
): NewScan {
  const { body, length, reverse, consts, carries } = scan.attributes;
  const gone = (param: number): boolean => dropped.has(param - consts);
  const inner = new ProgramBuilder();
  const map: (ValueId | undefined)[] = body.params.map(({ type, name }, i) =>
    gone(i) ? undefined : inner.param(type, name),
  );
  for (const instruction of body.instructions) {
    const mapped = instruction.operands.map((id) => map[id]);
    if (!mapped.every((id) => id !== undefined)) {
      instruction.types.forEach(() => {
        map.push(undefined);
      });
    } else map.push(...copy(inner, instruction, mapped));
  }
  const kept = body.results.map((_, i) => (i < carries ? !dropped.has(i) : droppedYs?.has(i - carries) !== true));
  const ends = body.results.filter((_, i) => kept[i]);
  const ys = ends.slice(carries - dropped.size);
  const fresh = [...new Set(stacks)].filter((id) => !ys.includes(id));
  const results = [...ends, ...fresh].map((id) => at(map as ValueId[], id));
  const ids = copy(
    builder,
    scan as never,
    operands.filter((_, i) => !gone(i)),
    { body: inner.build(results), length, reverse, consts, carries: carries - dropped.size },
  );
  const stackOf = new Map<ValueId, ValueId>();
  [...ys, ...fresh].forEach((id, i) => {
    stackOf.set(id, at(ids, carries - dropped.size + i));
  });
  let next = 0;
  return { results: kept.map((keep) => (keep ? ids[next++] : undefined)), stacks: stackOf };
}
