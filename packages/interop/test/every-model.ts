/** Every cell and variant of the layers, small, for what must hold for all of them. */
import type { Layer } from '@rheo/layers';
import {
  autoNcp,
  bidirectional,
  cfc,
  cfcVariants,
  ctGru,
  ctRnn,
  dropout,
  forwardFill,
  gru,
  gruD,
  gruOde,
  linear,
  lstm,
  ltc,
  ltcVariants,
  odeLstm,
  odeRnn,
  phasedLstm,
  rnn,
  rnnDecay,
  sequential,
} from '@rheo/layers';

const small = { units: 3, backboneUnits: 4 } as const;
const wiring = autoNcp(7, 2, { seed: 3 });
// Whether a step is accepted hangs on rounding; two engines agree as far as both are near the solution.
const tight = { rtol: 1e-6, atol: 1e-7, maxSteps: 24 } as const;
const names = <K extends string>(table: Readonly<Record<K, unknown>>): K[] => Object.keys(table) as K[];

/** Models that run as sequences and as steps, and take any input. */
export const models: Readonly<Record<string, Layer>> = {
  ...Object.fromEntries(
    names(cfcVariants).flatMap((variant) =>
      (['default', 'no_gate', 'pure'] as const).map((mode) => [
        `cfc ${variant} ${mode}`,
        cfc({ ...small, variant, mode }),
      ]),
    ),
  ),
  'cfc, memory before the state': cfc({ ...small, mixedMemory: 'before-state' }),
  'cfc, memory before the input': cfc({ ...small, mixedMemory: 'before-input' }),
  'cfc, no backbone': cfc({ units: 3, backboneLayers: 0 }),
  'cfc, last output': cfc({ ...small, returnSequences: false }),
  'cfc with dropout': sequential([cfc({ ...small, backboneDropout: 0.3 }), dropout(0.5), linear(2)]),
  ...Object.fromEntries(names(cfcVariants).map((variant) => [`wired cfc ${variant}`, cfc({ wiring, variant })])),
  'wired cfc, mixed memory': cfc({ wiring, mixedMemory: true }),
  ...Object.fromEntries(names(ltcVariants).map((variant) => [`ltc ${variant}`, ltc({ units: 3, variant })])),
  'ltc, wired, dense': ltc({ wiring, sparse: 'dense' }),
  'ltc, wired, edges': ltc({ wiring, sparse: 'edges' }),
  'ltc, memory before the state': ltc({ units: 3, mixedMemory: 'before-state' }),
  'ltc, memory before the input': ltc({ units: 3, mixedMemory: 'before-input' }),
  'ltc, euler': ltc({ units: 3, solver: 'euler' }),
  'ltc, runge-kutta': ltc({ units: 3, solver: 'rk4' }),
  'ltc, dormand-prince': ltc({ units: 3, solver: 'dormand-prince', ...tight }),
  lstm: lstm({ units: 3 }),
  linear: linear(2),
  rnn: rnn({ units: 3 }),
  'rnn with softplus': rnn({ units: 3, activation: 'softplus' }),
  gru: gru({ units: 3 }),
  'gru, reset before': gru({ units: 3, resetAfter: false }),
  'ct-rnn': ctRnn({ units: 3 }),
  'ct-rnn, heun': ctRnn({ units: 3, decay: 0, solver: 'heun' }),
  'ct-rnn, dormand-prince': ctRnn({ units: 3, solver: 'dormand-prince', ...tight }),
  'ode-rnn': odeRnn({ units: 3 }),
  'gru-d': gruD({ units: 3 }),
  'rnn-decay': rnnDecay({ units: 3 }),
  'ct-gru': ctGru({ units: 3, scales: 4 }),
  'phased-lstm': phasedLstm({ units: 3, maxPeriod: 6 }),
  'gru-ode': gruOde({ units: 3 }),
  'ode-lstm': odeLstm({ units: 3 }),
  stack: sequential([cfc(small), ltc({ wiring }), linear(2)]),
};

/** Models that must be told which features were observed. */
export const observing: Readonly<Record<string, Layer>> = {
  'forward-fill': sequential([forwardFill(), cfc(small), linear(1)]),
  'gru-d, imputation': gruD({ units: 3, imputation: true }),
};

/** Models that read a sequence from its end; they have no step. */
export const sequencesOnly: Readonly<Record<string, Layer>> = {
  'cfc, backwards': cfc({ ...small, goBackwards: true }),
  'bidirectional cfc': bidirectional(cfc(small)),
  'bidirectional ltc': sequential([bidirectional(ltc({ units: 3 })), linear(2)]),
};
