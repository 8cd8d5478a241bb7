/**
 * Where the time of a run goes: the same steps generated once more with a clock before every kernel.
 *
 * The second module works in the workspace of the first, one after the other, so that profiling takes no memory beside
 * the results. What its clock costs is measured in a loop of its own and taken off. Nothing here is asynchronous: no
 * other run can come between.
 */

import { kernelSites, type Lowered, measureProfile } from '@rheo/compiler';
import type { Profile } from '@rheo/ir';
import { ModuleBuilder } from '../assembler/module-builder.ts';
import type { Target } from '../codegen/generate.ts';
import { generate } from '../codegen/generate.ts';
import type { Layout } from '../codegen/sharing.ts';
import type { EntryPoints } from './entry-points.ts';
import { callEntry, entryPoints } from './entry-points.ts';

/** Code that was placed in memory, and where its inputs and results lie. */
export interface PlacedRun {
  readonly lowered: Lowered;
  readonly layout: Layout;
  readonly workspace: number;
  readonly target: Target;
  readonly memory: WebAssembly.Memory;
  readonly addresses: number[];
  /** One run of the ordinary code on these addresses. */
  run(): void;
}

const calibrations = 20_000;

/** A loop of `calibrations` ticks. */
function calibration(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const tick = module.importFunc('env', 'tick', { params: ['i32'], results: [] });
  const f = module.func('calibrate', { params: [], results: [], exportAs: 'calibrate' });
  const left = f.local('i32');
  f.i32Const(calibrations);
  f.set(left);
  f.loop((again) => {
    f.i32Const(0);
    f.call(tick);
    f.get(left);
    f.i32Const(-1);
    f.op('i32.add');
    f.tee(left);
    f.brIf(again);
  });
  return module.bytes();
}

/** Profiles the run; blocks until it is done. */
export function profileRuns(placed: PlacedRun): Profile {
  const { lowered, workspace, target, memory, addresses } = placed;
  // Kernels of several threads overlap: a profile is of one.
  const { plan, bytes } = placed.layout;
  const layout: Layout = { plan, bytes };
  const sites = kernelSites(lowered.steps);
  const numbers = new Map(sites.map(({ step }, number) => [step, number]));
  let seconds: Float64Array = new Float64Array(1);
  let calls: Float64Array = new Float64Array(1);
  let current = -1;
  let since = 0;
  /** Ends the kernel that is running, and begins number `next`. */
  const tick = (next: number): void => {
    const time = performance.now();
    if (current >= 0) seconds[current] = (seconds[current] as number) + (time - since) * 1e-3;
    if (next >= 0) calls[next] = (calls[next] as number) + 1;
    current = next;
    since = time;
  };
  const calibrate = new WebAssembly.Instance(new WebAssembly.Module(calibration()), { env: { tick } }).exports[
    'calibrate'
  ] as () => void;
  let clockSeconds = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const begin = performance.now();
    calibrate();
    clockSeconds = Math.min(clockSeconds, (performance.now() - begin) / 1000 / calibrations);
  }
  tick(-1);
  const load = (withClock: boolean): EntryPoints => {
    const code = generate(lowered, layout, workspace, target, withClock ? numbers : undefined).bytes;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory, tick } });
    return entryPoints(instance, addresses.length);
  };
  const points = load(true);
  const alone = placed.layout.shared === undefined ? undefined : load(false);
  return measureProfile({
    sites,
    run: alone === undefined ? placed.run : () => callEntry(alone, 'run', addresses),
    runTimed: (intoSeconds, intoCalls) => {
      [seconds, calls] = [intoSeconds, intoCalls];
      callEntry(points, 'run', addresses);
      tick(-1);
    },
    clockSeconds,
    now: () => performance.now() / 1000,
  });
}
