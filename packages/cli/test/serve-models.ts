/** Model files for tests of the server: from a table, for numbers and for classes, and plain. Not trained, which does not show. */

import type { PrepareOptions } from '@rheo/data';
import { channelNames, fitPreparation, readCsv } from '@rheo/data';
import type { Json, Layer } from '@rheo/layers';
import { cfc, forwardFill, initialise, linear, sequential } from '@rheo/layers';
import { toCheckpoint } from '@rheo/train';

/** A row as CSV has it. */
export type CsvRow = Readonly<Record<'machine' | 'at' | 'heat' | 'mode' | 'load' | 'state', string>>;

/** Rows of two machines, an hour or so apart: numbers with gaps, a label, dates. */
export function machineRows(count: number): CsvRow[] {
  return Array.from({ length: count }, (_, i) => ({
    machine: i % 2 === 0 ? 'left' : 'right',
    at: new Date(Date.UTC(2024, 0, 1) + i * 3_100_000 + (i % 7) * 60_000).toISOString(),
    heat: i % 5 === 3 ? '' : String(20 + 7 * Math.sin(i)),
    mode: ['slow', 'fast', 'slow', '', 'idle'][i % 5] ?? '',
    load: String(300 + 100 * Math.cos(i / 3)),
    state: i % 3 === 0 ? 'worn' : 'good',
  }));
}

/** The rows as a CSV file. */
export function csvOf(rows: readonly CsvRow[]): string {
  const names = Object.keys(rows[0] ?? {}) as (keyof CsvRow)[];
  return [names.join(','), ...rows.map((row) => names.map((name) => row[name]).join(','))].join('\n');
}

/** A model file whose preparation was fitted on 200 rows. */
export async function tableModel(task: 'forecast' | 'classification', seed = 3): Promise<Uint8Array> {
  const options: PrepareOptions = {
    task,
    time: 'at',
    group: 'machine',
    features: ['heat', 'mode'],
    target: task === 'forecast' ? ['load', 'heat'] : 'state',
    window: { steps: 500 },
    split: { by: 'time', validation: 0, test: 0 },
  };
  const { preparation } = fitPreparation(await readCsv(csvOf(machineRows(200))), options);
  const outputs = task === 'forecast' ? 2 : (preparation.classes?.length ?? 0);
  const model = sequential([cfc({ units: 8, mixedMemory: true }), linear(outputs)]);
  return fileOf(model, channelNames(preparation).length, { preparation: preparation as unknown as Json }, seed);
}

/** A model file without a preparation: 3 numbers in, 2 out; `gaps` for one that fills them. */
export function plainModel({ gaps = false, seed = 3 }: { gaps?: boolean; seed?: number } = {}): Uint8Array {
  const layers: Layer[] = [cfc({ units: 8 }), linear(2)];
  return fileOf(sequential(gaps ? [forwardFill(), ...layers] : layers), 3, {}, seed);
}

function fileOf(model: Layer, features: number, extra: { readonly [key: string]: Json }, seed: number): Uint8Array {
  return toCheckpoint({ model, features, parameters: initialise(model, { features, seed }) }, extra);
}
