/** Training on sequences that are made when asked for: the bits of training on plain arrays, fetched or at hand. */
import { wasm } from '@rheo/backend-wasm';
import { flattenTree } from '@rheo/core';
import type { PrepareOptions, SequenceSource, TableSequences } from '@rheo/data';
import { DataError, fitPreparation, readCsv, readCsvTables } from '@rheo/data';
import { fitOnDisk } from '@rheo/data/node';
import { isRheoError } from '@rheo/ir';
import { cfc, linear, sequential } from '@rheo/layers';
import type { Fitted, Loss, TrainingState, TrainOptions } from '@rheo/train';
import { adam, crossEntropy, meanSquaredError, TrainingStopped, train } from '@rheo/train';
import { describe, expect, it } from 'vitest';

const rows = Array.from({ length: 120 }, (_, i) => {
  const x = Math.sin(i / 5) * 3;
  return [
    i + (i % 3) * 0.25,
    i % 5 === 0 ? '' : x.toFixed(3),
    i % 7 === 0 ? '' : (x * x).toFixed(2),
    x > 0 ? 'up' : 'down',
  ];
});
const csv = `t,x,y,c\n${rows.map((row) => row.join(',')).join('\n')}\n`;

async function prepared(options: Partial<PrepareOptions>) {
  const given = { task: 'regression', time: 't', target: 'y', features: ['x'], ...options } as const;
  const { train: data, validation } = fitPreparation(await readCsv(csv), {
    window: { steps: 7, stride: 2 },
    split: { by: 'block', blockRows: 16, test: 0 },
    ...given,
  });
  if (validation === undefined) throw new Error('no validation part');
  return { data, validation };
}

/** The same sequences, each batch after a turn of the process; says how many batches were fetched. */
function fetched(source: SequenceSource): SequenceSource & { readonly fetches: () => number } {
  const { count, steps, features, targetFeatures, at, padded } = source;
  let fetches = 0;
  return {
    count,
    steps,
    features,
    targetFeatures,
    at,
    padded,
    gather: async (indices, into) => {
      fetches++;
      await new Promise((resolve) => setTimeout(resolve, 0));
      await source.gather(indices, into);
    },
    contents: async function* () {
      yield* source.contents();
    },
    fetches: () => fetches,
  };
}

interface Kind {
  readonly changes: Partial<PrepareOptions>;
  readonly loss: Loss;
  readonly outputs: number;
}

const kinds: Readonly<Record<string, Kind>> = {
  'a target per step': { changes: {}, loss: meanSquaredError, outputs: 1 },
  'one target per sequence': { changes: { at: 'end' }, loss: meanSquaredError, outputs: 1 },
  classes: { changes: { task: 'classification', target: 'c', features: ['x', 'y'] }, loss: crossEntropy, outputs: 2 },
};

async function options({ changes, loss }: Kind): Promise<TrainOptions & { data: TableSequences }> {
  const { data, validation } = await prepared(changes);
  const optimizer = adam({ learningRate: 0.02 });
  return { data, validation, loss, optimizer, epochs: 3, batchSize: 8, seed: 5, backend: await wasm() };
}

const layer = ({ changes, outputs }: Kind) =>
  sequential([cfc({ units: 4, backboneUnits: 8, returnSequences: changes.at !== 'end' }), linear(outputs)]);

function bits({ parameters, history }: Fitted) {
  return { history, parameters: flattenTree(parameters).leaves.map(({ data }) => Array.from(data)) };
}

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  it('trains, evaluates and predicts to the same bits from arrays, views and fetched sequences', async () => {
    const given = await options(kind);
    // Spread, they are plain arrays.
    const arrays = { ...given, data: { ...given.data }, validation: { ...given.validation } as TableSequences };
    const source = fetched(given.data);
    const fetching = { ...given, data: source, validation: fetched(given.validation as TableSequences) };
    const fitted = await Promise.all([arrays, given, fetching].map((one) => train(layer(kind), one)));
    const [first, ...others] = fitted;
    if (first === undefined) throw new Error('nothing trained');
    for (const other of others) expect(bits(other)).toEqual(bits(first));
    // Three epochs of every batch, none fetched twice.
    expect(source.fetches()).toBe(3 * Math.ceil(given.data.count / 8));

    const losses = await Promise.all([arrays.data, given.data, source].map((data) => first.evaluate(data)));
    for (const loss of losses) expect(loss).toEqual(losses[0]);
    const outputs = await Promise.all([arrays.data, given.data, source].map((data) => first.predict(data)));
    for (const output of outputs) expect(output).toEqual(outputs[0]);
  });
});

it('trains from a disk to the bits of training in memory, and goes on there with a training from memory', async () => {
  const kind = kinds['a target per step'] as Kind;
  const given = { task: 'regression', time: 't', target: 'y', features: ['x'] } as const;
  const prepare: PrepareOptions = { ...given, window: { steps: 7, stride: 2 }, split: { test: 0 } };
  const inMemory = fitPreparation(await readCsv(csv), prepare);
  const onDisk = await fitOnDisk(readCsvTables(csv, { rows: 50, sampleRows: 50 }), prepare, { memoryLimit: 1 << 20 });
  const common = { ...(await options(kind)), epochs: 3 };
  const memory = { ...common, data: inMemory.train, validation: inMemory.validation };
  const disk = { ...common, data: onDisk.train, validation: onDisk.validation };
  const whole = await train(layer(kind), memory);
  expect(bits(await train(layer(kind), disk))).toEqual(bits(whole));
  const half = await train(layer(kind), { ...memory, epochs: 1 });
  if (half.state === undefined) throw new Error('a training without a state');
  expect(bits(await train(layer(kind), { ...disk, resume: half.state }))).toEqual(bits(whole));
  await onDisk.dispose();
});

describe('a source', () => {
  const kind = kinds['a target per step'] as Kind;

  it('goes on with an interrupted training, views and fetched sequences alike, and knows other data', async () => {
    const given = await options(kind);
    const whole = await train(layer(kind), given);
    const state = await new Promise<TrainingState>((resolve, reject) => {
      const controller = new AbortController();
      const onStep: TrainOptions['onStep'] = ({ epoch, step }) => {
        if (epoch === 2 && step === 2) controller.abort();
      };
      train(layer(kind), { ...given, data: fetched(given.data), signal: controller.signal, onStep }).then(
        reject,
        (error) => (error instanceof TrainingStopped ? resolve(error.state) : reject(error)),
      );
    });
    for (const data of [given.data, fetched(given.data)]) {
      expect(bits(await train(layer(kind), { ...given, data, resume: state }))).toEqual(bits(whole));
    }
    const { data: other } = await prepared({ timeScale: 9 });
    const wrong = await train(layer(kind), { ...given, data: other, resume: state }).catch((error: unknown) => error);
    expect(isRheoError(wrong) && wrong.code).toBe('argument');
    expect(String(wrong)).toContain('data');
  });

  it.each<[string, Partial<SequenceSource>, string, string]>([
    ['that is empty', { count: 0 }, 'value', 'count of data is 0'],
    ['of another form', { at: 'end' }, 'shape', 'one target per sequence'],
  ])('%s is refused', async (_, changes, code, words) => {
    const given = await options(kind);
    const source: SequenceSource = { ...fetched(given.data), ...changes };
    const wrong: unknown = await train(layer(kind), { ...given, data: source }).catch((error: unknown) => error);
    expect(isRheoError(wrong) && wrong.code).toBe(code);
    expect(String(wrong)).toContain(words);
  });

  it.each(['values', 'dt', 'targets'] as const)('with %s that are no numbers stops with the sequence', async (name) => {
    const given = await options(kind);
    const good = fetched(given.data);
    const source: SequenceSource = {
      ...good,
      gather: async (indices, into) => {
        await good.gather(indices, into);
        const at = indices.indexOf(3);
        if (at >= 0) into[name][(at * into[name].length) / indices.length] = name === 'dt' ? -1 : Number.NaN;
      },
    };
    const wrong: unknown = await train(layer(kind), { ...given, data: source }).catch((error: unknown) => error);
    expect(isRheoError(wrong) && wrong.code).toBe('value');
    expect(String(wrong)).toContain(`${name} of sequence 3`);
  });

  it('that cannot be read any more ends the training, and loses nothing of it', async () => {
    const given = await options(kind);
    const good = fetched(given.data);
    let calls = 0;
    const gather: SequenceSource['gather'] = async (indices, into) => {
      if (++calls === 9) throw new DataError('file', 'the store cannot be read', { remedy: 'Mend the disk.' });
      await good.gather(indices, into);
    };
    const wrong: unknown = await train(layer(kind), { ...given, data: { ...good, gather } }).catch((error) => error);
    if (!(wrong instanceof TrainingStopped)) throw wrong;
    expect(wrong.code).toBe('file');
    expect(wrong.message).toContain('the store cannot be read');
    const { data, resume } = { data: given.data, resume: wrong.state };
    expect(bits(await train(layer(kind), { ...given, data, resume }))).toEqual(bits(await train(layer(kind), given)));
  });

  it('that fails otherwise ends the training with its own error, also ahead of the step', async () => {
    const given = await options(kind);
    const good = fetched(given.data);
    for (const failing of [1, 2, 3]) {
      let calls = 0;
      const gather: SequenceSource['gather'] = async (indices, into) => {
        if (++calls === failing) throw new Error('the disk is gone');
        await good.gather(indices, into);
      };
      await expect(train(layer(kind), { ...given, data: { ...good, gather } })).rejects.toThrow('the disk is gone');
    }
  });
});
