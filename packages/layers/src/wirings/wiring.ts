/**
 * Wirings: which neurons of a recurrent layer have synapses, with which sign, and from which inputs.
 *
 * A wiring is an immutable, serialisable value: its kind, its options, and the synapses taken out of it. `build` makes
 * the matrices for a number of inputs; it draws from a stream of its own, so equal wirings have equal matrices, and one
 * wiring may serve any number of layers. Strengths are no part of a wiring: they are parameters of the layer.
 */

import { RheoError } from '@rheo/ir';
import type { Json } from '../layer.ts';
import type { AblatedSynapse } from './ablated-synapses.ts';
import { removeSynapses } from './ablated-synapses.ts';
import type { Polarity } from './synapse-draft.ts';
import { SynapseDraft } from './synapse-draft.ts';

export type NeuronType = 'inter' | 'command' | 'motor';

/** A neuron; its id is its place in the list of neurons, and outputs come first. */
export interface Neuron {
  readonly id: number;
  /** Layer and place in it: `command_2`. Inputs are called `sensory_0`, `sensory_1` … */
  readonly name: string;
  readonly type: NeuronType;
}

/** Neurons that a wired CfC updates together, from the side of the inputs to the side of the outputs. */
export interface WiringLayer {
  readonly name: string;
  /** Ids, ascending. */
  readonly neurons: readonly number[];
}

/** A synapse between neurons, or from an input to a neuron. */
export interface Synapse {
  /** True if the source is an input. */
  readonly sensory: boolean;
  readonly source: number;
  readonly target: number;
  readonly polarity: Polarity;
}

/** A wiring without a number of inputs. */
export interface Wiring {
  /** `fully-connected`, `random`, `ncp`, `auto-ncp` or `layered`. */
  readonly kind: WiringKind;
  /** Every option with its value, plain JSON. */
  readonly config: WiringConfig;
  /** Synapses taken out. */
  readonly ablated: readonly AblatedSynapse[];
  /** Number of neurons. */
  readonly units: number;
  /** Number of outputs: the neurons 0 … outputs - 1. */
  readonly outputs: number;
  readonly neurons: readonly Neuron[];
  readonly layers: readonly WiringLayer[];
  /** The wiring for `inputs` input features; one value for each number. Throws `argument`. */
  build(inputs: number): BuiltWiring;
}

/** A wiring for a number of inputs. Matrices are copies: changing one changes nothing else. */
export interface BuiltWiring {
  readonly wiring: Wiring;
  readonly inputs: number;
  readonly units: number;
  readonly outputs: number;
  readonly neurons: readonly Neuron[];
  readonly layers: readonly WiringLayer[];
  readonly synapseCount: number;
  readonly sensorySynapseCount: number;
  /** Polarities [units, units], row-major, [source, target]; 0 where no synapse is. */
  adjacency(): Int8Array;
  /** Polarities [inputs, units], row-major, [source, target]; 0 where no synapse is. */
  sensoryAdjacency(): Int8Array;
  /** Synapses between neurons, by source, then target. */
  synapses(): Synapse[];
  /** Synapses from inputs, by source, then target. */
  sensorySynapses(): Synapse[];
}

export type WiringKind = 'fully-connected' | 'random' | 'ncp' | 'auto-ncp' | 'layered';
export type WiringConfig = { readonly [key: string]: Json };

/** What a kind of wiring is made of. */
export interface WiringParts {
  readonly kind: WiringKind;
  readonly config: WiringConfig;
  readonly outputs: number;
  /** From the inputs to the outputs; ids are given from the last layer to the first. */
  readonly layers: readonly LayerOfNeurons[];
  /** Draws all synapses; called once for each number of inputs. */
  draw(draft: SynapseDraft, layers: readonly WiringLayer[]): void;
}

/** A layer before its neurons have ids. */
export interface LayerOfNeurons {
  readonly name: string;
  /** Type by place in the layer. */
  readonly types: readonly NeuronType[];
}

/** Matrices with more entries than this are refused. */
const maximumPairs = 2 ** 26;

/** A wiring from its parts. Throws `argument` for more neurons than matrices may have. */
export function defineWiring(parts: WiringParts, ablated: readonly AblatedSynapse[] = []): Wiring {
  const { kind, outputs } = parts;
  const units = parts.layers.reduce((sum, { types }) => sum + types.length, 0);
  checkSize(kind, 'units', units, units);
  const neurons: Neuron[] = [];
  const layers: WiringLayer[] = [];
  for (const { name, types } of parts.layers.toReversed()) {
    const first = neurons.length;
    neurons.push(...types.map((type, place) => Object.freeze({ id: first + place, name: `${name}_${place}`, type })));
    layers.unshift(Object.freeze({ name, neurons: Object.freeze(types.map((_, place) => first + place)) }));
  }
  Object.freeze(neurons);
  Object.freeze(layers);
  const built = new Map<number, BuiltWiring>();
  const wiring: Wiring = Object.freeze({
    kind,
    config: deepFreeze(parts.config),
    ablated: deepFreeze(ablated),
    units,
    outputs,
    neurons,
    layers,
    build: (inputs: number): BuiltWiring => {
      const known = built.get(inputs);
      if (known !== undefined) return known;
      const made = buildWiring(wiring, parts, inputs);
      built.set(inputs, made);
      return made;
    },
  });
  partsOf.set(wiring, parts);
  return wiring;
}

const partsOf = new WeakMap<Wiring, WiringParts>();

/** The same wiring with other synapses taken out. Throws `argument` for an object that no wiring function made. */
export function withAblated(wiring: Wiring, ablated: readonly AblatedSynapse[]): Wiring {
  const parts = partsOf.get(wiring);
  if (parts === undefined) {
    throw wiringError(
      'wiring',
      'this is no wiring',
      undefined,
      'Pass what autoNcp or another wiring function returned',
    );
  }
  return defineWiring(parts, ablated);
}

/** The error for a rule of wirings that is broken. */
export function wiringError(kind: string, what: string, where: string | undefined, remedy: string): RheoError {
  return new RheoError('argument', { from: '@rheo/layers', what: `${kind}: ${what}`, where, remedy });
}

function buildWiring(wiring: Wiring, parts: WiringParts, inputs: number): BuiltWiring {
  const { kind, units, outputs, neurons, layers } = wiring;
  if (!Number.isSafeInteger(inputs) || inputs < 1) {
    throw wiringError(kind, `a wiring cannot have ${String(inputs)} inputs`, 'inputs', 'Pass an integer of at least 1');
  }
  checkSize(kind, 'inputs', inputs, units);
  const draft = new SynapseDraft(kind, inputs, units);
  parts.draw(draft, layers);
  removeSynapses(draft, wiring.ablated);
  const { inner, sensory } = draft;
  return Object.freeze({
    wiring,
    inputs,
    units,
    outputs,
    neurons,
    layers,
    synapseCount: countOf(inner),
    sensorySynapseCount: countOf(sensory),
    adjacency: () => inner.slice(),
    sensoryAdjacency: () => sensory.slice(),
    synapses: () => synapsesOf(inner, units, false),
    sensorySynapses: () => synapsesOf(sensory, units, true),
  });
}

function checkSize(kind: string, name: string, rows: number, columns: number): void {
  if (rows * columns <= maximumPairs) return;
  const what = `${rows} ${name} with ${columns} units are more than ${maximumPairs} possible synapses`;
  throw wiringError(kind, what, name, 'Use several smaller layers');
}

function countOf(matrix: Int8Array): number {
  return matrix.reduce((count, polarity) => count + Math.abs(polarity), 0);
}

function synapsesOf(matrix: Int8Array, columns: number, sensory: boolean): Synapse[] {
  const found: Synapse[] = [];
  matrix.forEach((polarity, index) => {
    if (polarity === 0) return;
    const [source, target] = [Math.floor(index / columns), index % columns];
    found.push({ sensory, source, target, polarity: polarity > 0 ? 1 : -1 });
  });
  return found;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
