/** Series through a model from their first row to their last: wherever they were cut, the bits of a stream. */

import { wasm } from '@rheo/backend-wasm';
import type { TableSequences } from '@rheo/data';
import { fitPreparation, prepare, readCsv } from '@rheo/data';
import { isRheoError, referenceBackend } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { bidirectional, cfc, gru, initialise, linear, ltc, phasedLstm, sequential } from '@rheo/layers';
import { createFitted } from '@rheo/train';
import { describe, expect, it } from 'vitest';

/** Series of 1 to 40 rows at uneven times, in no order of their lengths. */
const lengths = [5, 40, 1, 17, 16, 33, 8, 2];
const lines = lengths.flatMap((length, s) =>
  Array.from(
    { length },
    (_, i) => `s${s},${i + (i % 3) / 4 + s},${Math.sin(i + s).toFixed(4)},${Math.cos(i).toFixed(4)}`,
  ),
);
const table = await readCsv(`series,t,x,y\n${lines.join('\n')}\n`);
const { preparation } = fitPreparation(table, {
  task: 'regression',
  time: 't',
  group: 'series',
  target: 'y',
  split: { validation: 0, test: 0 },
});
const cut = (steps: number): TableSequences =>
  prepare(table, { ...preparation, window: { steps, stride: steps } }).data;
const backends = [await wasm(), referenceBackend()];

function fittedOf(model: Layer, backend = backends[0]) {
  if (backend === undefined) throw new Error('no backend');
  const features = cut(40).features;
  return createFitted({ model, features, parameters: initialise(model, { features, seed: 4 }), backend });
}

/** Outputs by row of the table. */
function byRow(data: TableSequences, outputs: Float32Array): Float64Array {
  const found = new Float64Array(table.rows).fill(Number.NaN);
  data.rows.forEach((row, step) => {
    if (row >= 0) found[row] = outputs[step] ?? Number.NaN;
  });
  return found;
}

const models: readonly (readonly [string, Layer])[] = [
  ['CfC', sequential([cfc({ units: 6 }), linear(1)])],
  ['CfC with a memory cell', sequential([cfc({ units: 6, mixedMemory: true }), linear(1)])],
  ['LTC', sequential([ltc({ units: 5 }), linear(1)])],
  ['two layers, one with a clock', sequential([phasedLstm({ units: 5 }), gru({ units: 4 }), linear(1)])],
];

describe.each(models)('%s', (_, model) => {
  it('gives the bits of a stream of each series, whatever the length of the sequences', async () => {
    const fitted = fittedOf(model);
    const whole = cut(40);
    const live = new Float64Array(table.rows).fill(Number.NaN);
    for (let n = 0; n < whole.count; n++) {
      const stream = await fitted.stream();
      for (let t = 0; t < (whole.lengths?.[n] ?? whole.steps); t++) {
        const step = n * whole.steps + t;
        const x = whole.values.subarray(step * whole.features, (step + 1) * whole.features);
        live[whole.rows[step] ?? -1] = stream.step(x, whole.dt[step])[0] ?? Number.NaN;
      }
      stream.dispose();
    }
    for (const steps of [1, 4, 8, 40, 64]) {
      const data = cut(steps);
      const found = byRow(data, (await fitted.predictSeries(data)).data);
      expect(found).toEqual(live);
    }
  }, 60_000);
});

it('does not depend on the length of the sequences in the reference either', async () => {
  const fitted = fittedOf(sequential([cfc({ units: 3 }), linear(1)]), backends[1]);
  const [long, short] = [cut(40), cut(7)];
  const found = byRow(short, (await fitted.predictSeries(short)).data);
  expect(found).toEqual(byRow(long, (await fitted.predictSeries(long)).data));
}, 60_000);

it('begins anew where a sequence is read from its end, or has one output', async () => {
  const data = cut(8);
  const both = fittedOf(sequential([bidirectional(gru({ units: 3 })), linear(1)]));
  expect((await both.predictSeries(data)).data).toEqual((await both.predict(data)).outputs.data);
  const atEnd = fittedOf(sequential([cfc({ units: 3, returnSequences: false }), linear(1)]));
  const found = await atEnd.predictSeries(data);
  expect(found.shape).toEqual([data.count, 1]);
  const { outputs } = await atEnd.predict({
    values: { dtype: 'f32', shape: [data.count, data.steps, data.features], data: data.values },
    dt: { dtype: 'f32', shape: [data.count, data.steps], data: data.dt },
    ...(data.lengths === undefined ? {} : { lengths: data.lengths }),
  });
  expect(found.data).toEqual(outputs.data);
});

it('ends between two batches when told, and refuses other features', async () => {
  const fitted = fittedOf(sequential([cfc({ units: 3 }), linear(1)]));
  const ended = fitted.predictSeries(cut(2), { signal: AbortSignal.abort() });
  await expect(ended).rejects.toSatisfy((error) => isRheoError(error) && error.code === 'aborted');
  const other = fitted.predictSeries({ ...cut(4), features: 7 });
  await expect(other).rejects.toSatisfy((error) => isRheoError(error) && error.code === 'shape');
});
