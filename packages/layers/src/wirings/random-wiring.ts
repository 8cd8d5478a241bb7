/**
 * The random wiring: a share of all synapses, drawn without replacement, two thirds of them excitatory.
 *
 * Equal to ncps' `Random(units, output_dim, sparsity_level, random_seed)`: PCG64, the pairs first and then a polarity for
 * each in the order drawn; of the two polarities that ncps draws for a synapse of an input, the second counts. One layer.
 */

import type { OptionRules } from '../options.ts';
import { positiveInteger, rate, readOptions } from '../options.ts';
import { mostlyExcitatory } from './fully-connected.ts';
import { numpyRandom } from './numpy-random.ts';
import { oneLayer } from './one-layer.ts';
import { numpySeed } from './seed-rules.ts';
import type { Wiring } from './wiring.ts';
import { defineWiring } from './wiring.ts';
import type { TimesBuilt } from './wiring-options.ts';
import { timesBuilt, withArguments } from './wiring-options.ts';

/** Options of `randomWiring` with their values. */
export type RandomWiringConfig = TimesBuilt & {
  readonly units: number;
  /** The first neurons are the outputs. */
  readonly outputs: number;
  /** Share of absent synapses, in [0, 1). */
  readonly sparsity: number;
  readonly seed: number | string;
};

const rules: OptionRules = {
  units: positiveInteger,
  outputs: positiveInteger,
  sparsity: rate,
  seed: numpySeed,
  timesBuilt,
};

/** Random synapses; a neuron or an input may have none. Throws `argument` for a wrong option. */
export function randomWiring(units: number, options: Partial<Omit<RandomWiringConfig, 'units'>> = {}): Wiring {
  const defaults: Partial<RandomWiringConfig> = { outputs: units, sparsity: 0, seed: 1111, timesBuilt: 1 };
  const config = readOptions<RandomWiringConfig>(
    'randomWiring',
    rules,
    defaults,
    withArguments('randomWiring', options, { units }),
  );
  return defineWiring({
    kind: 'random',
    config,
    ...oneLayer('randomWiring', config),
    draw: (draft) => {
      const random = numpyRandom(config.seed);
      const pairs = (rows: number): number[] =>
        random.choose(rows * units, roundHalfEven(rows * units * (1 - config.sparsity)));
      for (const pair of pairs(units)) draft.connect(Math.floor(pair / units), pair % units, mostlyExcitatory(random));
      for (let time = 0; time < config.timesBuilt; time++) {
        for (const pair of pairs(draft.inputs)) {
          mostlyExcitatory(random);
          draft.connectSensory(Math.floor(pair / units), pair % units, mostlyExcitatory(random));
        }
      }
    },
  });
}

/** To the nearest integer, halves to the even one. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
