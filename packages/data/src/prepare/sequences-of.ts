/** Encodes segments and cuts them into windows: the one road that training data and new data both take. */
import { checkSequences } from '../sequence-data.ts';
import type { Table } from '../table/table.ts';
import { cutWindows } from './cut-windows.ts';
import { encodeSegment, type Findings } from './encode-segment.ts';
import { channelNames, type Preparation } from './preparation.ts';
import type { Series } from './series.ts';
import type { Segment } from './split-series.ts';
import type { TableSequences } from './table-sequences.ts';

/** How to cut, and where to report. */
export interface SequencesOptions {
  /** See `cutWindows`. */
  readonly onlyKnown: boolean;
  readonly stride: number | undefined;
  readonly withTargets: boolean;
  /** What errors call the data. */
  readonly name: string;
  readonly notes: string[];
}

/** Checked sequences; undefined when the segments have no window. */
export function sequencesOf(
  table: Table,
  series: readonly Series[],
  segments: readonly Segment[],
  preparation: Preparation,
  { onlyKnown, stride, withTargets, name, notes }: SequencesOptions,
): TableSequences | undefined {
  const findings: Findings = { unknown: new Map() };
  const encoded = segments.flatMap((segment) => {
    const one = series[segment.series];
    return one === undefined ? [] : [encodeSegment(table, one, segment, preparation, withTargets, findings)];
  });
  if (findings.unknown.size > 0) {
    const counts = [...findings.unknown].map(([column, count]) => `${column} ${count}`).join(', ');
    notes.push(`Rows of the ${name} with labels that training has rarely or never, in the channel (other): ${counts}.`);
  }
  if (onlyKnown) {
    const lacking = encoded.reduce((sum, { known }) => sum + known.filter((bit) => bit === 0).length, 0);
    if (lacking > 0) notes.push(`Rows of the ${name} without a target, left out: ${lacking}.`);
  }
  const channels = channelNames(preparation).length;
  const cut = cutWindows(series, encoded, preparation, { onlyKnown, stride, channels });
  if (cut === undefined) return undefined;
  // One target per sequence is no shape that the gate knows, so the inputs stand in for them.
  checkSequences(cut.at === 'step' ? cut : { ...cut, targets: cut.values, targetFeatures: cut.features }, name);
  return cut;
}
