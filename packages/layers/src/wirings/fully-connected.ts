/**
 * The fully connected wiring: every synapse there is, two thirds of them excitatory.
 *
 * Equal to ncps' `FullyConnected(units, output_dim, erev_init_seed, self_connections)`: PCG64, polarities of all pairs
 * by source and target, then those of the inputs. One layer.
 */

import type { OptionRules } from '../options.ts';
import { flag, positiveInteger, readOptions } from '../options.ts';
import type { NumpyRandom } from './numpy-random.ts';
import { numpyRandom } from './numpy-random.ts';
import { oneLayer } from './one-layer.ts';
import { numpySeed } from './seed-rules.ts';
import type { Polarity } from './synapse-draft.ts';
import type { Wiring } from './wiring.ts';
import { defineWiring } from './wiring.ts';
import type { TimesBuilt } from './wiring-options.ts';
import { timesBuilt, withArguments } from './wiring-options.ts';

/** Options of `fullyConnected` with their values. */
export type FullyConnectedConfig = TimesBuilt & {
  readonly units: number;
  /** The first neurons are the outputs. */
  readonly outputs: number;
  readonly seed: number | string;
  readonly selfConnections: boolean;
};

const rules: OptionRules = {
  units: positiveInteger,
  outputs: positiveInteger,
  seed: numpySeed,
  selfConnections: flag,
  timesBuilt,
};

/** Every neuron to every neuron, by default all of them outputs. Throws `argument` for a wrong option. */
export function fullyConnected(units: number, options: Partial<Omit<FullyConnectedConfig, 'units'>> = {}): Wiring {
  const defaults: Partial<FullyConnectedConfig> = { outputs: units, seed: 1111, selfConnections: true, timesBuilt: 1 };
  const config = readOptions<FullyConnectedConfig>(
    'fullyConnected',
    rules,
    defaults,
    withArguments('fullyConnected', options, { units }),
  );
  return defineWiring({
    kind: 'fully-connected',
    config,
    ...oneLayer('fullyConnected', config),
    draw: (draft) => {
      const random = numpyRandom(config.seed);
      for (let source = 0; source < units; source++) {
        for (let target = 0; target < units; target++) {
          if (source !== target || config.selfConnections) draft.connect(source, target, mostlyExcitatory(random));
        }
      }
      for (let time = 0; time < config.timesBuilt; time++) {
        for (let source = 0; source < draft.inputs; source++) {
          for (let target = 0; target < units; target++) draft.connectSensory(source, target, mostlyExcitatory(random));
        }
      }
    },
  });
}

/** One draw of [-1, 1, 1]. */
export function mostlyExcitatory(random: NumpyRandom): Polarity {
  return random.below(3) === 0 ? -1 : 1;
}
