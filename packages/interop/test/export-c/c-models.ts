/** Every kind of model that a step can express, small: all cells, variants, modes, placements, wirings and solvers. */

import type { Layer } from '@rheo/layers';
import {
  autoNcp,
  cfc,
  cfcVariants,
  ctGru,
  ctRnn,
  dropout,
  forwardFill,
  fullyConnected,
  gru,
  gruD,
  gruOde,
  linear,
  lstm,
  ltc,
  ltcVariants,
  ncp,
  odeLstm,
  odeRnn,
  phasedLstm,
  randomWiring,
  rnn,
  rnnDecay,
  sequential,
  wiredCfcVariants,
} from '@rheo/layers';

const modes = ['default', 'no_gate', 'pure'] as const;
const solvers = ['euler', 'midpoint', 'heun', 'rk4'] as const;
const names = <T extends object>(table: T): (keyof T)[] => Object.keys(table) as (keyof T)[];
const units = 5;

const layers: readonly Layer[] = [
  ...names(cfcVariants).flatMap((variant) => modes.map((mode) => cfc({ units, backboneUnits: 7, variant, mode }))),
  ...(['before-state', 'before-input'] as const).map((mixedMemory) => cfc({ units, backboneUnits: 7, mixedMemory })),
  cfc({ units, backboneLayers: 0 }),
  cfc({ units, backboneUnits: 6, backboneLayers: 3, backboneActivation: 'gelu', backboneDropout: 0.3 }),
  cfc({ units, returnSequences: false }),
  ...names(wiredCfcVariants).flatMap((variant) => modes.map((mode) => cfc({ wiring: autoNcp(12, 2), variant, mode }))),
  cfc({
    wiring: ncp({
      interNeurons: 5,
      commandNeurons: 4,
      motorNeurons: 2,
      sensoryFanout: 2,
      interFanout: 2,
      recurrentCommandSynapses: 3,
      motorFanin: 3,
    }),
    mixedMemory: true,
  }),
  cfc({ wiring: fullyConnected(6) }),
  ...names(ltcVariants).map((variant) => ltc({ units, variant })),
  ...(['edges', 'dense'] as const).map((sparse) => ltc({ wiring: autoNcp(12, 2), sparse })),
  ltc({ wiring: randomWiring(7, { sparsity: 0.4 }), inputMapping: 'linear', outputMapping: 'none' }),
  ltc({ units, positivity: 'explicit' }),
  ...(['before-state', 'before-input'] as const).map((mixedMemory) => ltc({ units, mixedMemory })),
  ...solvers.map((solver) => ltc({ wiring: autoNcp(9, 2), solver, odeUnfolds: 12 })),
  lstm({ units }),
  rnn({ units }),
  rnn({ units, activation: 'softplus' }),
  gru({ units }),
  gru({ units, resetAfter: false }),
  ...solvers.map((solver) => ctRnn({ units, solver })),
  ctRnn({ units, decay: 0.7, solver: 'semi-implicit', unfolds: 2 }),
  odeRnn({ units }),
  odeRnn({ units, cell: 'rnn', flowUnits: 4, solver: 'midpoint', unfolds: 1 }),
  gruD({ units }),
  gruD({ units, imputation: true }),
  rnnDecay({ units }),
  rnnDecay({ units, decay: 'linear' }),
  ctGru({ units, scales: 4 }),
  phasedLstm({ units, maxPeriod: 6 }),
  phasedLstm({ units, clock: 'elapsed' }),
  gruOde({ units }),
  gruOde({ units, solver: 'semi-implicit' }),
  odeLstm({ units }),
  odeLstm({ units, flow: 'ct-rnn' }),
  linear(4),
  forwardFill(),
  sequential([forwardFill({ timeSinceUpdate: true }), cfc({ units, backboneUnits: 8 }), linear(2)]),
  sequential([forwardFill(), lstm({ units, returnSequences: false }), linear(2)]),
  sequential([
    linear(4),
    cfc({ units, mixedMemory: true }),
    dropout(0.5),
    ltc({ wiring: autoNcp(9, 2) }),
    gru({ units }),
    linear(1),
  ]),
];

/** The models by names that tell them apart and are identifiers. */
export const models: ReadonlyMap<string, Layer> = new Map(
  layers.map((layer, index) => [`m${index}_${layer.kind.replaceAll('-', '_')}`, layer]),
);
