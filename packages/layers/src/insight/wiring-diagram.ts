/**
 * The wired layers of a model as plain data to look at or to draw: neurons by layer, and the synapses that the layer
 * computes with, as trained.
 *
 * An LTC's synapse has its largest conductance as weight, and the sign of its reversal potential as polarity, which
 * training may turn. A wired CfC has two kernels for each synapse; their mean is taken. What its cells add by themselves,
 * every neuron of a layer seeing every other, is no synapse of the wiring and is left out.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { LtcParameters } from '../cells/ltc-cell.ts';
import type { WiredCfcParameters } from '../cells/wired-cfc-cell.ts';
import { modelFromDescription } from '../description.ts';
import { build, matchParameters } from '../initialise.ts';
import type { Layer } from '../layer.ts';
import type { LtcConfig } from '../ltc.ts';
import { ltcForm } from '../ltc.ts';
import type { LayerDescription } from '../sequential.ts';
import { ltcNetwork } from '../theory/ltc-network.ts';
import type { WiredCfcConfig } from '../wired-cfc.ts';
import type { Polarity } from '../wirings/synapse-draft.ts';
import type { BuiltWiring, NeuronType } from '../wirings/wiring.ts';
import { wiringFromDescription } from '../wirings/wiring-description.ts';
import type { WiredPart } from './wired-parts.ts';
import { wiredParts } from './wired-parts.ts';

/** A wired layer of a model. */
export interface WiringDiagram {
  /** Its place in the model, as in parameter paths; '' for a model of one layer. */
  readonly path: string;
  readonly kind: 'ltc' | 'cfc';
  /** From the inputs, called `sensory`, to the outputs. */
  readonly layers: readonly DiagramLayer[];
  /** Strongest last. */
  readonly synapses: readonly DiagramSynapse[];
}

/** Neurons, or inputs, that stand together. */
export interface DiagramLayer {
  readonly name: string;
  readonly neurons: readonly DiagramNeuron[];
}

/** A neuron or an input. */
export interface DiagramNeuron {
  /** `sensory_0`, `command_2` …, unique in a diagram. */
  readonly name: string;
  readonly type: 'sensory' | NeuronType;
}

/** A synapse as trained. */
export interface DiagramSynapse {
  /** Names of neurons. */
  readonly source: string;
  readonly target: string;
  /** As trained: +1 excites, -1 inhibits. */
  readonly polarity: Polarity;
  /** The sign that an LTC started with, from its wiring; undefined in a CfC, whose kernels start with any sign. */
  readonly drawn: Polarity | undefined;
  /** Strength, at least 0. */
  readonly weight: number;
}

/** Diagrams of the LTCs and wired CfCs of a model, in their order; none if it has none. Throws as `matchParameters` does. */
export function wiringDiagrams(model: Pick<Layer, 'kind' | 'config'>, parameters: Tree<Parameter>): WiringDiagram[] {
  return wiredParts(model, parameters).map((part) => (part.kind === 'ltc' ? ltcDiagram(part) : cfcDiagram(part)));
}

/**
 * The diagram of one wired layer: at `layer`, or the only one. Throws `argument` when there is none there, or several and no
 * path, and as `matchParameters` does.
 */
export function wiringDiagram(
  model: Pick<Layer, 'kind' | 'config'>,
  parameters: Tree<Parameter>,
  options: { readonly layer?: string | undefined } = {},
): WiringDiagram {
  const all = wiringDiagrams(model, parameters);
  const found = options.layer === undefined ? all : all.filter(({ path }) => path === options.layer);
  const [diagram] = found;
  if (diagram !== undefined && found.length === 1) return diagram;
  const paths = all.map(({ path }) => `"${path}"`);
  throw new RheoError('argument', {
    from: '@rheo/layers',
    what:
      found.length > 1
        ? 'the model has several wired layers'
        : `there is no wired layer${options.layer === undefined ? '' : ` at "${options.layer}"`}`,
    where: 'layer',
    remedy:
      paths.length === 0 ? 'Pass a model with ltc({ … }) or cfc({ wiring })' : `Pass layer: ${paths.join(' or ')}`,
  });
}

/** The layer's parameters in its own order, checked. */
function checked(part: WiredPart, features: number): Tree<Parameter> {
  const { kind, config } = part;
  const layer = modelFromDescription({ format: 'rheo-model', version: 1, kind, config } as LayerDescription);
  return matchParameters(build(layer, features), part.parameters);
}

/** Rows of the parameter at `path`: the inputs that it takes. Throws `argument` if it is missing. */
function rowsOf(part: WiredPart, path: string): number {
  const { leaves, paths } = flattenTree(part.parameters);
  const found = leaves[paths.indexOf(path)]?.type.shape[0];
  if (typeof found === 'number') return found;
  throw new RheoError('argument', {
    from: '@rheo/layers',
    what: `parameter ${path} is missing`,
    where: path,
    layer: part.path === '' ? undefined : part.path,
    remedy: 'Pass the parameters of this model',
  });
}

function ltcDiagram(part: WiredPart): WiringDiagram {
  const config = part.config as LtcConfig;
  const before = config.mixedMemory === 'before-input';
  const features = rowsOf(part, before ? 'lstm/input/kernel' : 'sensory_w');
  const parameters = checked(part, features) as LtcParameters<Parameter>;
  const form = ltcForm(config, features);
  const { sources } = form.sensory;
  const wiring = config.wiring === null ? undefined : wiringFromDescription(config.wiring).build(sources);
  const layers = wiring === undefined ? unwiredLayers(sources, config.units) : wiredLayers(wiring);
  const names = namesOf(layers, wiring);
  const drawn = config.polarity === 'wiring' ? [wiring?.adjacency(), wiring?.sensoryAdjacency()] : [];
  const synapses = ltcNetwork({ form, parameters }).synapses.map((synapse): DiagramSynapse => {
    const { sensory, source, target, weight, reversal } = synapse;
    return {
      source: sensory ? `sensory_${source}` : (names[source] ?? ''),
      target: names[target] ?? '',
      polarity: reversal < 0 ? -1 : 1,
      drawn: signOf(drawn[sensory ? 1 : 0]?.[source * config.units + target]),
      weight: Math.abs(weight),
    };
  });
  return { path: part.path, kind: 'ltc', layers, synapses: strongestLast(synapses) };
}

function cfcDiagram(part: WiredPart): WiringDiagram {
  const config = part.config as unknown as WiredCfcConfig;
  const own = wiringFromDescription(config.wiring);
  const first = own.layers[0]?.neurons.length ?? 0;
  const before = config.mixedMemory === 'before-input';
  const features = before ? rowsOf(part, 'lstm/input/kernel') : rowsOf(part, 'layers/0/ff1/kernel') - first;
  const parameters = checked(part, features) as WiredCfcParameters<Parameter>;
  const wiring = own.build(before ? own.units : features);
  const layers = wiredLayers(wiring);
  const signed = config.maskSign === 'signed';
  const [inner, sensory] = [wiring.adjacency(), wiring.sensoryAdjacency()];
  const synapses = wiring.layers.flatMap(({ neurons }, index): DiagramSynapse[] => {
    const heads = parameters.layers[index] as { readonly [head: string]: { readonly kernel?: Parameter } };
    const kernels = [heads['ff1']?.kernel, heads['ff2']?.kernel].flatMap((kernel) => (kernel ? [kernel.data] : []));
    const below = wiring.layers[index - 1]?.neurons ?? Array.from({ length: wiring.inputs }, (_, input) => input);
    return below.flatMap((source, row) =>
      neurons.flatMap((target, column): DiagramSynapse[] => {
        const drawn = signOf((index === 0 ? sensory : inner)[source * wiring.units + target]);
        if (drawn === undefined) return [];
        const sum = kernels.reduce((total, data) => total + (data[row * neurons.length + column] ?? 0), 0);
        const strength = (sum / kernels.length) * (signed ? drawn : 1);
        return [
          {
            source: index === 0 ? `sensory_${source}` : (wiring.neurons[source]?.name ?? ''),
            target: wiring.neurons[target]?.name ?? '',
            polarity: strength < 0 ? -1 : 1,
            drawn: undefined,
            weight: Math.abs(strength),
          },
        ];
      }),
    );
  });
  return { path: part.path, kind: 'cfc', layers, synapses: strongestLast(synapses) };
}

function sensoryLayer(inputs: number): DiagramLayer {
  const neurons = Array.from(
    { length: inputs },
    (_, input) => ({ name: `sensory_${input}`, type: 'sensory' }) as const,
  );
  return { name: 'sensory', neurons };
}

function wiredLayers({ inputs, layers, neurons }: BuiltWiring): DiagramLayer[] {
  const named = layers.map((layer): DiagramLayer => {
    const own = layer.neurons.flatMap((id) => neurons[id] ?? []);
    return { name: layer.name, neurons: own.map(({ name, type }) => ({ name, type })) };
  });
  return [sensoryLayer(inputs), ...named];
}

/** All to all, every neuron read. */
function unwiredLayers(inputs: number, units: number): DiagramLayer[] {
  const neurons = Array.from({ length: units }, (_, id) => ({ name: `neuron_${id}`, type: 'motor' }) as const);
  return [sensoryLayer(inputs), { name: 'neuron', neurons }];
}

/** Names by id. */
function namesOf([, ...layers]: readonly DiagramLayer[], wiring: BuiltWiring | undefined): readonly string[] {
  if (wiring !== undefined) return wiring.neurons.map(({ name }) => name);
  return layers.flatMap(({ neurons }) => neurons.map(({ name }) => name));
}

function signOf(entry: number | undefined): Polarity | undefined {
  return entry === undefined || entry === 0 ? undefined : entry > 0 ? 1 : -1;
}

function strongestLast(synapses: readonly DiagramSynapse[]): DiagramSynapse[] {
  return synapses.toSorted((a, b) => a.weight - b.weight);
}
