/** The baseline layers in all their forms, small. */
import type { Layer } from '../../src/index.ts';
import { ctGru, ctRnn, gru, gruD, gruOde, odeLstm, odeRnn, phasedLstm, rnn, rnnDecay } from '../../src/index.ts';

/** Layers that take any input. */
export const baselines: Readonly<Record<string, Layer>> = {
  rnn: rnn({ units: 3 }),
  'rnn with softplus': rnn({ units: 3, activation: 'softplus' }),
  gru: gru({ units: 3 }),
  'gru, reset before': gru({ units: 3, resetAfter: false }),
  'ct-rnn': ctRnn({ units: 3 }),
  'ct-rnn without decay, heun': ctRnn({ units: 3, decay: 0, solver: 'heun' }),
  'ct-rnn, semi-implicit': ctRnn({ units: 3, decay: 0.7, solver: 'semi-implicit', unfolds: 2 }),
  'ct-rnn, dormand-prince': ctRnn({ units: 3, solver: 'dormand-prince', rtol: 1e-7, atol: 1e-9, maxSteps: 24 }),
  'ode-rnn': odeRnn({ units: 3 }),
  'ode-rnn, rnn, midpoint': odeRnn({ units: 3, cell: 'rnn', flowUnits: 4, solver: 'midpoint', unfolds: 1 }),
  'gru-d': gruD({ units: 3 }),
  'rnn-decay': rnnDecay({ units: 3 }),
  'rnn-decay, linear': rnnDecay({ units: 3, decay: 'linear' }),
  'ct-gru': ctGru({ units: 3, scales: 4 }),
  'phased-lstm': phasedLstm({ units: 3, maxPeriod: 6 }),
  'phased-lstm, elapsed': phasedLstm({ units: 3, clock: 'elapsed' }),
  'gru-ode': gruOde({ units: 3 }),
  'gru-ode, semi-implicit': gruOde({ units: 3, solver: 'semi-implicit' }),
  'ode-lstm': odeLstm({ units: 3 }),
  'ode-lstm, ct-rnn': odeLstm({ units: 3, flow: 'ct-rnn' }),
};

/** Needs a mask per feature. */
export const imputing: Layer = gruD({ units: 3, imputation: true });
