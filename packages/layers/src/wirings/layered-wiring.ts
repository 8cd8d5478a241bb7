/**
 * A wiring of your own: any number of named layers, and what runs between them, drawn at random or synapse by synapse.
 *
 * Draws are those of `ncp` (MT19937, [-1, 1] decides polarity), one connection after another, so an NCP written out as
 * layers and connections is that NCP. A wired CfC uses synapses from the inputs to the first layer and from each layer
 * to the next; an LTC uses all of them.
 */

import type { OptionRule, OptionRules } from '../options.ts';
import { naturalNumber, oneOf, positiveInteger, readOptions, unknownName } from '../options.ts';
import type { Projection } from './draw-synapses.ts';
import { fanIn, fanOut, randomPairs } from './draw-synapses.ts';
import { legacyRandom } from './legacy-random.ts';
import { legacySeed } from './seed-rules.ts';
import type { Polarity } from './synapse-draft.ts';
import type { LayerOfNeurons, NeuronType, Wiring, WiringLayer } from './wiring.ts';
import { defineWiring, wiringError } from './wiring.ts';

/** A layer: its name, its size, and the type of its neurons; those of the last layer are motor neurons. */
export type LayerSpec = { readonly name: string; readonly units: number; readonly type?: 'inter' | 'command' };

/**
 * Synapses from a layer (or `sensory`, the inputs) to a layer, which may be the same: `fanOut` targets for each source,
 * `fanIn` sources for each target, `random` drawn pairs, or `synapses` by place in their layers, with polarity;
 * without any of these, every pair.
 */
export type Connection = {
  readonly from: string;
  readonly to: string;
  readonly fanOut?: number;
  readonly fanIn?: number;
  readonly random?: number;
  readonly synapses?: readonly (readonly [source: number, target: number, polarity: Polarity])[];
};

/** Options of `layeredWiring` with their values. */
export type LayeredConfig = {
  /** From the inputs to the outputs. */
  readonly layers: readonly LayerSpec[];
  readonly connections: readonly Connection[];
  /** Number of outputs: the first neurons of the last layer. */
  readonly outputs: number;
  readonly seed: number;
};

/** Options of `layeredWiring`; without `connections` each layer has every synapse to the next, from the inputs on. */
export type LayeredOptions = Partial<LayeredConfig> & Pick<LayeredConfig, 'layers'>;

const name: OptionRule = {
  takes: 'a name of 1 to 80 characters other than "sensory"',
  accepts: (value) => typeof value === 'string' && value !== '' && value.length <= 80 && value !== 'sensory',
};
const text: OptionRule = { takes: 'the name of a layer', accepts: (value) => typeof value === 'string' };
const list: OptionRule = { takes: 'an array', accepts: Array.isArray };

const rules: OptionRules = { layers: list, connections: list, outputs: positiveInteger, seed: legacySeed };
const layerRules: OptionRules = { name, units: positiveInteger, type: oneOf(['inter', 'command']) };
const ways: OptionRules = { fanOut: naturalNumber, fanIn: naturalNumber, random: naturalNumber, synapses: list };

/** A wiring of named layers. Throws `argument` for a wrong option, an unknown layer, or a fan beyond what it fans over. */
export function layeredWiring(options: LayeredOptions): Wiring {
  const given = Object(options) as LayeredOptions;
  const layers = readLayers(given.layers);
  const names = layers.map((layer) => layer.name);
  const last = layers.at(-1)?.units ?? 0;
  const chain = names.map((to, index) => ({ from: names[index - 1] ?? 'sensory', to }));
  const defaults = { connections: chain, outputs: last, seed: 22222 };
  const read = readOptions<LayeredConfig>('layeredWiring', rules, defaults, { ...given, layers });
  if (read.outputs > last) {
    const what = `there cannot be ${read.outputs} outputs in a last layer of ${last} units`;
    throw wiringError('layeredWiring', what, 'outputs', `Use at most ${last} outputs`);
  }
  const connections = read.connections.map((connection, index) => readConnection(connection, index, layers));
  return defineWiring({
    kind: 'layered',
    config: { ...read, connections },
    outputs: read.outputs,
    layers: layers.map((layer, index) => neuronsOf(layer, index === layers.length - 1 ? read.outputs : 0)),
    draw: (draft, places) => {
      const random = legacyRandom(read.seed);
      for (const connection of connections) {
        const sensory = connection.from === 'sensory';
        const connect: Projection['connect'] = (source, target, polarity) =>
          sensory ? draft.connectSensory(source, target, polarity) : draft.connect(source, target, polarity);
        const inputs = Array.from({ length: draft.inputs }, (_, index) => index);
        const sources = sensory ? inputs : idsOf(places, connection.from);
        drawConnection(connection, { random, sources, targets: idsOf(places, connection.to), connect });
      }
    },
  });
}

function drawConnection(connection: Connection, projection: Projection): void {
  const { sources, targets, connect } = projection;
  if (connection.synapses !== undefined) {
    for (const [source, target, polarity] of connection.synapses) {
      // An input that is not there is answered by the rule for sensory synapses.
      connect(sources[source] ?? source, targets[target] ?? target, polarity);
    }
  } else if (connection.random !== undefined) {
    randomPairs(projection, connection.random);
  } else if (connection.fanIn !== undefined) {
    checkFan('fanIn', connection.fanIn, sources.length, connection);
    fanIn(projection, connection.fanIn);
  } else {
    fanOut(projection, connection.fanOut ?? targets.length);
  }
}

function readLayers(given: unknown): readonly (LayerSpec & { readonly type: 'inter' | 'command' })[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw wiringError('layeredWiring', 'there are no layers', 'layers', 'Pass an array of { name, units }');
  }
  const seen = new Set<string>();
  return given.map((layer: object) => {
    type Read = LayerSpec & { readonly type: 'inter' | 'command' };
    const read = readOptions<Read>('layeredWiring layer', layerRules, { type: 'inter' }, layer);
    if (seen.has(read.name)) {
      throw wiringError('layeredWiring', `two layers are called "${read.name}"`, 'layers', 'Give each its own name');
    }
    seen.add(read.name);
    return read;
  });
}

function readConnection(given: Connection, index: number, layers: readonly LayerSpec[]): Connection {
  const kind = `layeredWiring connection ${index}`;
  const wanted = Object.keys(ways).filter((way) => Object.hasOwn(Object(given), way));
  if (wanted.length > 1) {
    throw wiringError(
      kind,
      `it has ${wanted.join(' and ')}`,
      'connections',
      `Use one of ${Object.keys(ways).join(', ')}`,
    );
  }
  const present = Object.fromEntries(Object.entries(ways).filter(([way]) => wanted.includes(way)));
  const connection = readOptions<Connection>(kind, { from: text, to: text, ...present }, {}, given);
  const { from, to, synapses = [] } = connection;
  const names = layers.map((layer) => layer.name);
  if (from !== 'sensory' && !names.includes(from)) throw unknownName(kind, 'layer', from, ['sensory', ...names]);
  if (!names.includes(to)) throw unknownName(kind, 'layer', to, names);
  const size = (layer: string): number => layers.find((spec) => spec.name === layer)?.units ?? Number.POSITIVE_INFINITY;
  if (connection.fanOut !== undefined) checkFan('fanOut', connection.fanOut, size(to), connection);
  if (connection.fanIn !== undefined) checkFan('fanIn', connection.fanIn, size(from), connection);
  for (const synapse of synapses as readonly unknown[]) {
    const [source, target, polarity, ...rest] = Array.isArray(synapse) ? (synapse as unknown[]) : [];
    const fits = isPlace(source, size(from)) && isPlace(target, size(to)) && rest.length === 0;
    if (fits && (polarity === 1 || polarity === -1)) continue;
    const what = `${JSON.stringify(synapse)} is no synapse from "${from}" to "${to}"`;
    throw wiringError(kind, what, 'synapses', 'Pass [source, target, polarity]: places in the layers, and -1 or +1');
  }
  return connection;
}

function checkFan(way: string, fan: number, count: number, { from, to }: Connection): void {
  if (fan <= count) return;
  const over = way === 'fanIn' ? from : to;
  const what = `${way} from "${from}" to "${to}" is ${fan} but there are only ${count} neurons in "${over}"`;
  throw wiringError('layeredWiring', what, way, `Use at most ${count}`);
}

function neuronsOf({ name, units, type = 'inter' }: LayerSpec, motors: number): LayerOfNeurons {
  return { name, types: Array.from({ length: units }, (_, place): NeuronType => (place < motors ? 'motor' : type)) };
}

function idsOf(layers: readonly WiringLayer[], name: string): readonly number[] {
  return layers.find((layer) => layer.name === name)?.neurons ?? [];
}

function isPlace(value: unknown, count: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < count;
}
