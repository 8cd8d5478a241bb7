/**
 * The model that the server is tried with, made from a table as `rheo train` makes them: numbers with gaps, a label, dates.
 * It is not trained, which costs a server nothing and saves it nothing. With it comes what the library answers, to compare.
 */
import { wasm } from '@rheo/backend-wasm';
import { channelNames, denormalise, fitPreparation, readCsv, readPreparation, streamPreparation } from '@rheo/data';
import type { Json } from '@rheo/layers';
import { cfc, initialise, linear, sequential } from '@rheo/layers';
import { fromCheckpoint, load, toCheckpoint } from '@rheo/train';

/** A row of a request. */
export interface Row {
  readonly key: string;
  readonly time: string;
  readonly values: { readonly heat: number | null; readonly mode: string | null };
}

/** The row that a key sends as its `step`th, from 0: a second apart, each fifth with a gap. */
export function rowOf(key: string, step: number): Row {
  const phase = [...key].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  const heat = (step + phase) % 5 === 3 ? null : Math.round(1000 * (20 + 7 * Math.sin(step / 9 + phase))) / 1000;
  const mode = ['slow', 'fast', null][(step + phase) % 3] ?? null;
  return { key, time: new Date(Date.UTC(2024, 0, 1) + step * 1000).toISOString(), values: { heat, mode } };
}

/** The bytes of a model file: a CfC of so many units, from 2 columns to 1. */
export async function modelFile(units = 64): Promise<Uint8Array> {
  const rows = Array.from({ length: 200 }, (_, step) => rowOf('table', step));
  const csv = rows.map(({ time, values: { heat, mode } }) => `${time},${heat ?? ''},${mode ?? ''}`).join('\n');
  const { preparation } = fitPreparation(await readCsv(`at,heat,mode\n${csv}`), {
    task: 'next-step',
    time: 'at',
    features: ['heat', 'mode'],
    target: 'heat',
    split: { by: 'time', validation: 0, test: 0 },
  });
  const features = channelNames(preparation).length;
  const model = sequential([cfc({ units }), linear(1)]);
  const source = { model, features, parameters: initialise(model, { features, seed: 5 }) };
  return toCheckpoint(source, { preparation: preparation as unknown as Json });
}

/** What the library answers to the rows of a key, step by step. */
export async function answersOf(file: Uint8Array, key: string, steps: number): Promise<number[]> {
  const preparation = readPreparation(fromCheckpoint(file).extra['preparation']);
  const { channels, memory, encode } = streamPreparation(preparation);
  const backend = await wasm();
  try {
    const live = await load(file, { backend }).stream();
    const [remembered, x] = [new Float64Array(memory), new Float32Array(channels)];
    return Array.from({ length: steps }, (_, step) => {
      const elapsed = encode(rowOf(key, step), remembered, x);
      return denormalise(preparation, live.step(x, elapsed))[0] ?? Number.NaN;
    });
  } finally {
    await backend.dispose();
  }
}
