/**
 * How our backends scale: one of them on a row of sizes that differ in one thing, timed side by side.
 *
 * The model is that of shape S. As in a measurement, all numbers are checked first, and every size gets a slice in each
 * round, so that a drift of the machine is not taken for growth.
 */
import type { Contender, Prepared } from './contender.ts';
import { type Effort, interleave } from './interleave.ts';
import { makeProblem } from './problem.ts';
import { disagreement, referenceOf } from './reference.ts';
import type { ScalingPoint } from './report-page/record.ts';
import type { CfcShape, Mode } from './shapes.ts';

/** A row of sizes. */
export interface ScalingTable {
  readonly name: 'batch' | 'units' | 'steps';
  /** What one of it is called. */
  readonly unit: string;
  readonly sizes: readonly number[];
  /** True where the time of a step is to grow in proportion; else it is to stay, or nothing is promised. */
  readonly linear: boolean;
  readonly text: string;
}

export const scalingTables: readonly ScalingTable[] = [
  {
    name: 'batch',
    unit: 'row',
    sizes: [32, 64, 128, 256, 512, 1024],
    linear: true,
    text: 'Shape S with larger batches. The time of a row and step is to stay: growth is linear.',
  },
  {
    name: 'steps',
    unit: 'step',
    sizes: [100, 1000],
    linear: false,
    text: 'Shape S with longer sequences. The time of a step is to stay within a tenth.',
  },
  {
    name: 'units',
    unit: 'unit',
    sizes: [32, 64, 128, 256, 512],
    linear: false,
    text: 'Shape S with more units; the backbone keeps its 128. The work of a step grows a little less than in proportion.',
  },
];

const base: CfcShape = {
  cell: 'cfc',
  name: 'S',
  features: 5,
  units: 32,
  backbone: 128,
  depth: 1,
  batch: 32,
  steps: 32,
  modes: ['infer', 'train'],
};

/** Times a contender on all sizes of a table. Throws where one gives wrong numbers or cannot be done. */
export async function scale(
  contender: Contender,
  table: ScalingTable,
  mode: Mode,
  effort: Effort,
): Promise<readonly ScalingPoint[]> {
  const entries: { readonly at: number; readonly steps: number; readonly prepared: Prepared }[] = [];
  try {
    for (const at of table.sizes) {
      const shape: CfcShape = { ...base, name: `${table.name} ${at}`, [table.name]: at };
      const problem = makeProblem(shape, mode);
      const prepared = await contender.prepare(problem);
      if ('unsupported' in prepared)
        throw new Error(`bench: ${contender.name}, ${shape.name}: ${prepared.unsupported}`);
      entries.push({ at, steps: shape.steps, prepared });
      const wrong = disagreement(problem, await prepared.check(), referenceOf(problem));
      if (wrong !== undefined) throw new Error(`bench: ${contender.name}, ${shape.name}, ${mode}: ${wrong}`);
    }
    const timings = await interleave(
      entries.map(({ prepared }) => prepared),
      effort,
    );
    const points: ScalingPoint[] = [];
    for (const [index, { at, steps, prepared }] of entries.entries()) {
      const { usPerRun = Number.NaN, usByRound = [] } = timings[index] ?? {};
      const memoryBytes = await prepared.memoryBytes?.();
      points.push({
        at,
        usPerStep: usPerRun / steps,
        rounds: usByRound.map((us) => us / steps),
        ...(prepared.workspaceBytes === undefined ? {} : { workspaceBytes: prepared.workspaceBytes }),
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
      });
    }
    return points;
  } finally {
    for (const { prepared } of entries) await prepared.dispose();
  }
}
