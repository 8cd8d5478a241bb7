/**
 * Measures the parts of the report: shapes in Node, shapes in a page, how sizes scale, and the bundle.
 *
 * Every part is bounded in time by its effort, and says on standard error what it measures and how long that took.
 */

import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { measureBundle } from '../../../../tooling/size/bundle.ts';
import type { Contender } from '../contender.ts';
import type { Effort } from '../interleave.ts';
import { type Measurement, measure } from '../measure.ts';
import { pageContenders } from '../page/page-contenders.ts';
import { openPage } from '../page/run-in-page.ts';
import { makeProblem } from '../problem.ts';
import { scale, scalingTables } from '../scaling.ts';
import type { Mode, Shape } from '../shapes.ts';
import { withLoad } from './other-load.ts';
import type { BenchRecord, Group, ScalingRow } from './record.ts';

/** What is measured. */
export interface Plan {
  readonly shapes: readonly Shape[];
  readonly modes: readonly Mode[];
  readonly contenders: readonly Contender[];
  readonly effort: Effort;
  /** Of the rows of sizes, which hold many programs at once. */
  readonly scalingEffort: Effort;
}

/** Called with each measurement, so that it is kept before the next begins. */
export type Keep = (taken: BenchRecord) => void;

export const parts = ['shapes', 'page', 'scaling', 'bundle'] as const;
export type Part = (typeof parts)[number];

const today = (): string => new Date().toISOString().slice(0, 10);

/** Processor, threads and engine of JavaScript, in words. */
function machineText(engine: string): string {
  const list = cpus();
  return `${list[0]?.model.trim() ?? 'unknown processor'}, ${list.length} threads, ${process.platform} ${process.arch}, ${engine}`;
}

const inNode = (): string => machineText(`Node ${process.versions.node}`);

function* problemsOf({ shapes, modes }: Plan): Generator<readonly [Shape, Mode]> {
  for (const shape of shapes) for (const mode of shape.modes) if (modes.includes(mode)) yield [shape, mode];
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  console.error(`${what}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  return result;
}

function groupOf(
  where: Group['where'],
  shape: Shape,
  mode: Mode,
  machine: string,
  found: Measurement,
  busyCores?: number,
): BenchRecord {
  const { results, refusals } = found;
  const load = busyCores === undefined ? {} : { busyCores };
  const group: Group = { where, shape: shape.name, mode, date: today(), machine, ...load, results, refusals };
  return { groups: [group], scaling: [] };
}

async function takeShapes(plan: Plan, keep: Keep): Promise<void> {
  for (const [shape, mode] of problemsOf(plan)) {
    const { result, busyCores } = await timed(`${shape.name} ${mode}`, () =>
      withLoad(() => measure(plan.contenders, makeProblem(shape, mode), plan.effort)),
    );
    keep(groupOf('Node', shape, mode, inNode(), result, busyCores));
  }
}

async function takePage(plan: Plan, keep: Keep): Promise<void> {
  const known = new Set(pageContenders.map(({ name }) => name));
  const contenders = plan.contenders.map(({ name }) => name).filter((name) => known.has(name));
  const page = await openPage();
  try {
    for (const [shape, mode] of problemsOf(plan)) {
      const found = await timed(`${shape.name} ${mode}, in a page`, () =>
        page.measure({ shape: shape.name, mode, contenders, effort: plan.effort }),
      );
      keep(groupOf('Chromium', shape, mode, machineText(page.engine), found));
    }
  } finally {
    await page.close();
  }
}

async function takeScaling({ contenders, modes, scalingEffort }: Plan, keep: Keep): Promise<void> {
  for (const contender of contenders.filter(({ scales }) => scales === true)) {
    for (const table of scalingTables) {
      for (const mode of modes.filter((name) => name !== 'stream')) {
        const { result: points, busyCores } = await timed(`${contender.name} by ${table.name}, ${mode}`, () =>
          withLoad(() => scale(contender, table, mode, scalingEffort)),
        );
        const row: ScalingRow = {
          table: table.name,
          contender: contender.name,
          mode,
          date: today(),
          machine: inNode(),
          // Two threads are busy on purpose.
          ...(contender.name === 'wasm-2' ? {} : { busyCores }),
          points,
        };
        keep({ groups: [], scaling: [row] });
      }
    }
  }
}

async function takeBundle(keep: Keep): Promise<void> {
  const entry = fileURLToPath(new URL('../../../../tooling/size/inference-entry.ts', import.meta.url));
  const { minified, gzipped } = await timed('bundle', () => measureBundle(entry));
  keep({ groups: [], scaling: [], bundle: { minified, gzipped, date: today() } });
}

/** Measures the parts in the order of `parts`. */
export async function take(wanted: readonly string[], plan: Plan, keep: Keep): Promise<void> {
  const each: { readonly [part in Part]: () => Promise<void> } = {
    shapes: () => takeShapes(plan, keep),
    page: () => takePage(plan, keep),
    scaling: () => takeScaling(plan, keep),
    bundle: () => takeBundle(keep),
  };
  for (const part of parts) if (wanted.includes(part)) await each[part]();
}
