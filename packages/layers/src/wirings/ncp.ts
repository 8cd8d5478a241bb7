/**
 * Neural circuit policies (Lechner et al., Nature Machine Intelligence 2020): sensory → inter → command → motor, with
 * recurrent synapses among command neurons.
 *
 * Equal to ncps' `NCP` and `AutoNCP`: MT19937, everything drawn when built. Ids: motor neurons first, then command, then
 * inter neurons. A wired CfC is dense inside its layers, so the recurrent synapses only matter to an LTC.
 */

import type { OptionRule, OptionRules } from '../options.ts';
import { naturalNumber, positiveInteger, readOptions } from '../options.ts';
import { fanIn, fanOut, randomPairs } from './draw-synapses.ts';
import { legacyRandom } from './legacy-random.ts';
import { legacySeed } from './seed-rules.ts';
import type { Polarity } from './synapse-draft.ts';
import type { NeuronType, Wiring, WiringConfig, WiringKind } from './wiring.ts';
import { defineWiring, wiringError } from './wiring.ts';
import type { TimesBuilt } from './wiring-options.ts';
import { timesBuilt, withArguments } from './wiring-options.ts';

/** The numbers that an NCP is drawn from. */
type Circuit = TimesBuilt & {
  readonly interNeurons: number;
  readonly commandNeurons: number;
  /** The outputs. */
  readonly motorNeurons: number;
  /** Inter neurons that each input reaches. */
  readonly sensoryFanout: number;
  /** Command neurons that each inter neuron reaches. */
  readonly interFanout: number;
  /** Synapses among command neurons; a pair may be drawn twice. */
  readonly recurrentCommandSynapses: number;
  /** Command neurons that reach each motor neuron. */
  readonly motorFanin: number;
  readonly seed: number;
};

/** Options of `ncp` with their values. */
export type NcpConfig = Circuit;

/** Options of `autoNcp` with their values. */
export type AutoNcpConfig = TimesBuilt & {
  readonly units: number;
  /** Number of motor neurons. */
  readonly outputs: number;
  /** Share of absent synapses between layers, from 0.1 to 1. */
  readonly sparsity: number;
  readonly seed: number;
};

/** Options of `ncp`; `seed` and `timesBuilt` have defaults. */
export type NcpOptions = Omit<NcpConfig, 'seed' | 'timesBuilt'> & Partial<Pick<NcpConfig, 'seed' | 'timesBuilt'>>;

const circuitRules: OptionRules = {
  interNeurons: positiveInteger,
  commandNeurons: positiveInteger,
  motorNeurons: positiveInteger,
  sensoryFanout: naturalNumber,
  interFanout: naturalNumber,
  recurrentCommandSynapses: naturalNumber,
  motorFanin: naturalNumber,
  seed: legacySeed,
  timesBuilt,
};

/** The code of ncps allows these, whatever its message says. */
const sparsity: OptionRule = {
  takes: 'a number from 0.1 to 1',
  accepts: (value) => typeof value === 'number' && value >= 0.1 && value <= 1,
};

const autoRules: OptionRules = {
  units: positiveInteger,
  outputs: positiveInteger,
  sparsity,
  seed: legacySeed,
  timesBuilt,
};

/** An NCP with every number given. Throws `argument` for a wrong option, and for a fan beyond what it fans over. */
export function ncp(options: NcpOptions): Wiring {
  const config = readOptions<NcpConfig>('ncp', circuitRules, { seed: 22222, timesBuilt: 1 }, options);
  return circuit('ncp', config, config);
}

/**
 * An NCP of `units` neurons, `outputs` of them motor neurons: two fifths of the others are command neurons, and the fans
 * follow from the sparsity. Throws `argument` for a wrong option, and unless outputs are fewer than units - 2.
 */
export function autoNcp(
  units: number,
  outputs: number,
  options: Partial<Omit<AutoNcpConfig, 'units' | 'outputs'>> = {},
): Wiring {
  const defaults: Partial<AutoNcpConfig> = { sparsity: 0.5, seed: 22222, timesBuilt: 1 };
  const config = readOptions<AutoNcpConfig>(
    'autoNcp',
    autoRules,
    defaults,
    withArguments('autoNcp', options, { units, outputs }),
  );
  if (outputs >= units - 2) {
    const what = `the number of outputs must be less than units - 2 (${units} units, ${outputs} outputs)`;
    throw wiringError('autoNcp', what, 'outputs', `Use at least ${outputs + 3} units`);
  }
  const density = 1 - config.sparsity;
  const commandNeurons = Math.max(Math.floor(0.4 * (units - outputs)), 1);
  const interNeurons = units - outputs - commandNeurons;
  return circuit('auto-ncp', config, {
    interNeurons,
    commandNeurons,
    motorNeurons: outputs,
    sensoryFanout: Math.max(Math.floor(interNeurons * density), 1),
    interFanout: Math.max(Math.floor(commandNeurons * density), 1),
    recurrentCommandSynapses: Math.max(Math.floor(commandNeurons * density * 2), 1),
    motorFanin: Math.max(Math.floor(commandNeurons * density), 1),
    seed: config.seed,
    timesBuilt: config.timesBuilt,
  });
}

function circuit(kind: WiringKind, config: WiringConfig, numbers: Circuit): Wiring {
  const { interNeurons, commandNeurons, motorNeurons } = numbers;
  checkFan(kind, 'motorFanin', numbers.motorFanin, commandNeurons, 'command neurons');
  checkFan(kind, 'sensoryFanout', numbers.sensoryFanout, interNeurons, 'inter neurons');
  checkFan(kind, 'interFanout', numbers.interFanout, commandNeurons, 'command neurons');
  const layer = (name: NeuronType, count: number): { name: string; types: NeuronType[] } => ({
    name,
    types: Array<NeuronType>(count).fill(name),
  });
  const motor = range(0, motorNeurons);
  const command = range(motorNeurons, commandNeurons);
  const inter = range(motorNeurons + commandNeurons, interNeurons);
  return defineWiring({
    kind,
    config,
    outputs: motorNeurons,
    layers: [layer('inter', interNeurons), layer('command', commandNeurons), layer('motor', motorNeurons)],
    draw: (draft) => {
      const random = legacyRandom(numbers.seed);
      const connect = (source: number, target: number, polarity: Polarity): void =>
        draft.connect(source, target, polarity);
      const connectSensory = (source: number, target: number, polarity: Polarity): void =>
        draft.connectSensory(source, target, polarity);
      const sensory = range(0, draft.inputs);
      for (let time = 0; time < numbers.timesBuilt; time++) {
        fanOut({ random, sources: sensory, targets: inter, connect: connectSensory }, numbers.sensoryFanout);
        // A forgotten command neuron gets at most as many inter neurons as there are command neurons, in ncps.
        fanOut({ random, sources: inter, targets: command, connect }, numbers.interFanout, commandNeurons);
        randomPairs({ random, sources: command, targets: command, connect }, numbers.recurrentCommandSynapses);
        fanIn({ random, sources: command, targets: motor, connect }, numbers.motorFanin);
      }
    },
  });
}

function checkFan(kind: string, name: string, fan: number, count: number, over: string): void {
  if (fan <= count) return;
  throw wiringError(kind, `${name} is ${fan} but there are only ${count} ${over}`, name, `Use at most ${count}`);
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
