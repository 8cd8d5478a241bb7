/**
 * Where the time of a run goes: the same steps built once more with a clock before every kernel.
 *
 * The second object works on the table and the workspace of the first, one after the other. Everything waits: no other
 * run can come between.
 */

import { kernelSites, type Lowered, measureProfile } from '@rheo/compiler';
import type { Profile } from '@rheo/ir';
import { calibrations, clockHeader } from '../codegen/clock.ts';
import { printSource } from '../codegen/print-source.ts';
import type { Source } from '../codegen/source.ts';
import type { Target } from '../codegen/target.ts';
import type { Foreign, LoadedObject } from '../toolchain/foreign.ts';

/** An executable as the profiler sees it. */
export interface ProfiledRun {
  readonly lowered: Lowered;
  readonly target: Target;
  readonly foreign: Foreign;
  /** Addresses of buffers; the entry after the last is the clock's. */
  readonly table: BigUint64Array<ArrayBuffer>;
  readonly tableAddress: bigint;
  /** Builds and loads, while everything waits. */
  build(source: Source): LoadedObject;
  /** One run of the ordinary code. */
  run(): void;
}

const now = (): number => performance.now() / 1000;

/** Profiles the run; blocks until it is done. */
export function profileRuns({ lowered, target, foreign, table, tableAddress, build, run }: ProfiledRun): Profile {
  const sites = kernelSites(lowered.steps);
  const numbers = new Map(sites.map(({ step }, number) => [step, number]));
  const clock = new Float64Array(new ArrayBuffer((clockHeader + 2 * sites.length) * 8));
  table[lowered.buffers.length] = foreign.address(clock.buffer);
  const object = build(printSource(lowered, target, { numbers }));
  try {
    const [timed, calibrate] = [object.entry('run'), object.entry('calibrate')];
    clock[1] = -1;
    let clockSeconds = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round += 1) {
      const begin = now();
      calibrate(tableAddress);
      clockSeconds = Math.min(clockSeconds, (now() - begin) / calibrations);
    }
    return measureProfile({
      sites,
      run,
      runTimed: (seconds, calls) => {
        clock.fill(0);
        clock[1] = -1;
        timed(tableAddress);
        sites.forEach((_, slot) => {
          seconds[slot] = (seconds[slot] as number) + (clock[clockHeader + 2 * slot] as number);
          calls[slot] = (calls[slot] as number) + (clock[clockHeader + 1 + 2 * slot] as number);
        });
      },
      clockSeconds,
      now,
    });
  } finally {
    object.unload();
  }
}
