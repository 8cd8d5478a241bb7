/**
 * The models that `rheo train FILE` builds: a recurrent cell of a name, and a linear layer onto the outputs.
 */

import { RheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import {
  autoNcp,
  cfc,
  ctGru,
  ctRnn,
  dropout,
  gru,
  gruOde,
  linear,
  lstm,
  ltc,
  odeLstm,
  odeRnn,
  phasedLstm,
  rnn,
  rnnDecay,
  sequential,
} from '@rheo/layers';

/** A cell that can be named. */
export type CellName =
  | 'cfc'
  | 'ltc'
  | 'lstm'
  | 'gru'
  | 'rnn'
  | 'ct-rnn'
  | 'ct-gru'
  | 'gru-ode'
  | 'ode-rnn'
  | 'ode-lstm'
  | 'phased-lstm'
  | 'rnn-decay';

/** What decides a model. */
export interface ModelSettings {
  readonly cell: CellName;
  readonly units: number;
  readonly wiring: 'full' | 'ncp';
  readonly backbone: number;
  readonly backboneLayers: number;
  readonly dropout: number;
  /** One output at the end of a sequence, else one at each step. */
  readonly atEnd: boolean;
  readonly outputs: number;
}

type Make = (settings: ModelSettings, returnSequences: boolean) => Layer;

const cells: Readonly<Record<CellName, Make>> = {
  cfc: ({ units, wiring, backbone, backboneLayers, dropout: rate, outputs }, returnSequences) =>
    wiring === 'ncp'
      ? cfc({ wiring: circuit(units, outputs), returnSequences })
      : cfc({ units, backboneUnits: backbone, backboneLayers, backboneDropout: rate, returnSequences }),
  ltc: ({ units, wiring, outputs }, returnSequences) =>
    wiring === 'ncp' ? ltc({ wiring: circuit(units, outputs), returnSequences }) : ltc({ units, returnSequences }),
  lstm: ({ units }, returnSequences) => lstm({ units, returnSequences }),
  gru: ({ units }, returnSequences) => gru({ units, returnSequences }),
  rnn: ({ units }, returnSequences) => rnn({ units, returnSequences }),
  'ct-rnn': ({ units }, returnSequences) => ctRnn({ units, returnSequences }),
  'ct-gru': ({ units }, returnSequences) => ctGru({ units, returnSequences }),
  'gru-ode': ({ units }, returnSequences) => gruOde({ units, returnSequences }),
  'ode-rnn': ({ units }, returnSequences) => odeRnn({ units, returnSequences }),
  'ode-lstm': ({ units }, returnSequences) => odeLstm({ units, returnSequences }),
  'phased-lstm': ({ units }, returnSequences) => phasedLstm({ units, returnSequences }),
  'rnn-decay': ({ units }, returnSequences) => rnnDecay({ units, returnSequences }),
};

/** All of them, the default first. */
export const cellNames: readonly CellName[] = Object.keys(cells) as CellName[];

/** The model. Throws `argument` for a wiring with too few neurons. */
export function modelOf(settings: ModelSettings): Layer {
  const make = cells[settings.cell];
  const rate = settings.cell === 'cfc' && settings.wiring === 'full' ? 0 : settings.dropout;
  return sequential([make(settings, !settings.atEnd), ...(rate > 0 ? [dropout(rate)] : []), linear(settings.outputs)]);
}

/** Whether a cell knows how much time has passed between its inputs. */
export function takesElapsed(cell: CellName): boolean {
  return cell !== 'lstm' && cell !== 'gru' && cell !== 'rnn';
}

function circuit(units: number, outputs: number): ReturnType<typeof autoNcp> {
  // The motor neurons feed the linear layer, so there are at least a few.
  const motors = Math.max(outputs, Math.min(8, Math.floor(units / 4)));
  if (motors <= units - 3) return autoNcp(units, motors);
  throw new RheoError('argument', {
    from: '@rheo/cli',
    what: `a neural circuit policy of ${units} neurons for ${outputs} outputs has too few`,
    where: '--units',
    remedy: `Use at least ${motors + 3}, or --wiring full`,
  });
}
