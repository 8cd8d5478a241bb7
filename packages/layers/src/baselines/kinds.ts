/**
 * The baseline layers by their kind in descriptions.
 */

import type { Layer } from '../layer.ts';
import { ctGru } from './ct-gru.ts';
import { ctRnn } from './ct-rnn.ts';
import { gru } from './gru.ts';
import { gruD } from './gru-d.ts';
import { gruOde } from './gru-ode.ts';
import { odeLstm } from './ode-lstm.ts';
import { odeRnn } from './ode-rnn.ts';
import { phasedLstm } from './phased-lstm.ts';
import { rnn } from './rnn.ts';
import { rnnDecay } from './rnn-decay.ts';

/** Makes a layer of options that a file gives. */
export const baselineKinds: ReadonlyMap<string, (options: never) => Layer> = new Map<string, (options: never) => Layer>(
  [
    ['rnn', rnn],
    ['gru', gru],
    ['ct-rnn', ctRnn],
    ['ode-rnn', odeRnn],
    ['gru-d', gruD],
    ['rnn-decay', rnnDecay],
    ['ct-gru', ctGru],
    ['phased-lstm', phasedLstm],
    ['gru-ode', gruOde],
    ['ode-lstm', odeLstm],
  ],
);
