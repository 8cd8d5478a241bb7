/** What both roads over a disk do first: records in series, and what is known of their cells. */
import type { TimePreparation } from '../prepare/preparation.ts';
import { type ArrangedSeries, arrangeSeries } from './arrange-series.ts';
import type { RecordColumns } from './disk-table.ts';
import type { ScratchSpace } from './scratch-space.ts';
import type { Spilled } from './spill-tables.ts';

/** What decides how rows of one time become one. */
export interface ArrangeChoice {
  readonly time: TimePreparation | null;
  readonly targets: readonly string[];
  readonly classes: readonly string[] | null;
}

/** Errors: as `arrangeSeries`. */
export async function arrangeSpilled(
  spilled: Spilled,
  { time, targets, classes }: ArrangeChoice,
  file: string | undefined,
  space: ScratchSpace,
  memory: number,
): Promise<{ readonly series: ArrangedSeries; readonly columns: RecordColumns }> {
  const columns: RecordColumns = { columns: spilled.columns.kept(), lines: spilled.lines, file };
  // Of texts and classes there is no mean.
  const averaged = columns.columns.map(
    ({ name, kind }) => kind !== 'category' && !(classes !== null && targets.includes(name)),
  );
  return { series: await arrangeSeries(spilled, { time, averaged, file }, space, memory), columns };
}
