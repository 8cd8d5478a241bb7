/** Trainings of every cell on one thread of wasm and on several, which end with the same bits. */
import { wasm } from '@rheo/backend-wasm';
import type { Layer } from '@rheo/layers';
import {
  autoNcp,
  bidirectional,
  cfc,
  ctGru,
  dropout,
  gru,
  gruD,
  linear,
  lstm,
  ltc,
  odeLstm,
  odeRnn,
  phasedLstm,
  sequential,
} from '@rheo/layers';
import { adam, l2, meanSquaredError, train } from '@rheo/train';
import { expect, vi } from 'vitest';
import { openWasm } from '../../backend-wasm/src/runtime/wasm.ts';
import { Crew } from '../../backend-wasm/src/threads/crew.ts';
import { sineData } from './sine-data.ts';

/** Models by name, without their read-out. */
export const cells: Readonly<Record<string, Layer>> = {
  'CfC with dropout': cfc({ units: 6, backboneUnits: 12, backboneLayers: 2, backboneDropout: 0.2 }),
  'CfC without gate': cfc({ units: 6, backboneUnits: 8, mode: 'no_gate' }),
  'pure CfC': cfc({ units: 6, backboneUnits: 8, mode: 'pure' }),
  'CfC with mixed memory': cfc({ units: 6, backboneUnits: 8, mixedMemory: true }),
  'CfC over a wiring': cfc({ wiring: autoNcp(12, 2, { seed: 3 }) }),
  LTC: ltc({ units: 5, odeUnfolds: 3 }),
  'LTC over a wiring, with mixed memory': ltc({
    wiring: autoNcp(10, 2, { seed: 4 }),
    odeUnfolds: 2,
    mixedMemory: true,
  }),
  LSTM: lstm({ units: 5 }),
  GRU: gru({ units: 5 }),
  'GRU-D': gruD({ units: 5 }),
  'CT-GRU': ctGru({ units: 5 }),
  'Phased LSTM': phasedLstm({ units: 5 }),
  'ODE-RNN': odeRnn({ units: 5 }),
  'ODE-LSTM': odeLstm({ units: 5 }),
  'both directions, with dropout between layers': sequential([
    bidirectional(cfc({ units: 4, backboneUnits: 8 })),
    dropout(0.3),
    lstm({ units: 5 }),
  ]),
};

/** Trains a cell on one thread and on each of these numbers of them; fails where bits differ or no loop was shared out. */
export async function expectSameBits(cell: Layer, numbers: readonly number[]): Promise<void> {
  const model = sequential([cell, linear(1)]);
  const options = {
    data: sineData(90, 4),
    validation: sineData(72, 4, 0.3),
    loss: meanSquaredError,
    optimizer: adam({ learningRate: 0.01, clipNorm: 1 }),
    penalty: l2(1e-5),
    epochs: 2,
    // Two tiles of sixteen rows, and one of four.
    batchSize: 36,
    seed: 5,
  };
  const alone = await wasm();
  const wanted = (await train(model, { ...options, backend: alone })).toBytes();
  await alone.dispose();
  for (const threads of numbers) {
    const begin = vi.spyOn(Crew.prototype, 'begin');
    const backend = await openWasm({ threads, leastWork: 0 }, true);
    expect((await train(model, { ...options, backend })).toBytes()).toEqual(wanted);
    // Six steps and four evaluations at the least were shared out.
    expect(begin.mock.calls.length).toBeGreaterThanOrEqual(10);
    begin.mockRestore();
    await backend.dispose();
  }
}
