/**
 * Looking into a model while it runs: the state of every neuron of every recurrent layer, after every step; of LTCs also
 * time constants, conductances and trained synapses.
 *
 * Each layer is run behind the layers before it, with its state as its output, so a model is run once for each of its
 * recurrent layers; elapsed times, masks, memory and backends mean what they mean in `predict`.
 */

import type { Parameter, Tree } from '@rheo/core';
import { concat, flattenTree } from '@rheo/core';
import type { Backend } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { HostInputs } from '../check-inputs.ts';
import { checkInputs } from '../check-inputs.ts';
import type { FloatArray } from '../host-array.ts';
import { floatArray } from '../host-array.ts';
import { build, matchParameters } from '../initialise.ts';
import type { BuiltLayer, Layer, RecurrentLayer } from '../layer.ts';
import type { LtcObservation } from '../observe-ltc.ts';
import { observeLtc } from '../observe-ltc.ts';
import { predict } from '../predict.ts';
import type { RecurrentPart } from './recurrent-parts.ts';
import { recurrentParts } from './recurrent-parts.ts';
import { stateNeurons } from './state-neurons.ts';

/** What was seen of one recurrent layer. */
export interface LayerObservation {
  /** Its place in the model, as in parameter paths; '' for a model of one layer. */
  readonly path: string;
  readonly kind: string;
  /**
   * Each part of its state (`h`, `c` …), [batch, time, width], after the layer read that step of its input; steps that do
   * not count repeat the state before.
   */
  readonly states: { readonly [name: string]: FloatArray };
  /** Names of the neurons in the columns of `h`, for a layer with a wiring. */
  readonly neurons: readonly string[] | undefined;
  /** Time constants, conductances and synapses, for an LTC that is not inside `bidirectional`. */
  readonly ltc: LtcObservation | undefined;
}

/**
 * Runs a model and gives what its recurrent layers did, in their order. Throws as `predict` does, and `argument` for a model
 * without a recurrent layer.
 */
export async function observe(
  model: Layer,
  parameters: Tree<Parameter>,
  backend: Backend,
  inputs: HostInputs,
): Promise<LayerObservation[]> {
  const { features } = checkInputs(inputs);
  const built = build(model, features);
  const parts = recurrentParts(model, built, matchParameters(built, parameters));
  if (parts.length === 0) {
    throw new RheoError('argument', {
      from: '@rheo/layers',
      what: 'the model has no recurrent layer, so there is no state to observe',
      where: 'model',
      remedy: 'Pass a model with a layer such as cfc({ … }) or ltc({ … })',
    });
  }
  const observations: LayerObservation[] = [];
  for (const part of parts) {
    const { path } = part.layer;
    const alone = part.kind === 'ltc' && !/(^|\/)(forward|backward)$/.test(path);
    observations.push({
      path,
      kind: part.kind,
      states: await statesOf(part, features, backend, inputs),
      neurons: stateNeurons(part),
      ltc: alone ? await observeLtc(model, parameters, backend, inputs, { layer: path }) : undefined,
    });
  }
  return observations;
}

async function statesOf(
  { layer, before, parameters }: RecurrentPart,
  features: number,
  backend: Backend,
  inputs: HostInputs,
): Promise<LayerObservation['states']> {
  const { leaves, paths } = flattenTree(layer.state(1, 'f32'));
  const widths = leaves.map(({ shape }, index) => (isNeural(paths[index]) ? Number(shape[1]) : 0));
  const outputs = widths.reduce((sum, width) => sum + width, 0);
  const observed: RecurrentLayer = {
    ...layer,
    outputs,
    returnSequences: true,
    zeroOutputForMask: false,
    step: (prepared, state, x, elapsed, context) => {
      const [next] = layer.step(prepared, state, x, elapsed, context);
      const { leaves: parts } = flattenTree(next);
      return [
        next,
        concat(
          parts.filter((_, index) => isNeural(paths[index])),
          1,
        ),
      ];
    },
  };
  const parts: BuiltLayer[] = [...before.map((part) => part.layer), observed];
  const chain: Layer = {
    kind: 'observed',
    config: {},
    build: (): BuiltLayer => ({
      form: 'chain',
      path: '',
      inputs: features,
      outputs,
      parts,
      parameters: parts.map((part) => part.parameters),
    }),
  };
  const own = [...before.map((part) => part.parameters), parameters];
  const seen = await predict(chain, own, backend, inputs);
  let start = 0;
  return Object.fromEntries(
    paths.flatMap((path, index) => {
      if (!isNeural(path)) return [];
      const limit = start + (widths[index] ?? 0);
      const part = columns(seen.outputs, start, limit, layer.goBackwards);
      start = limit;
      return [[path, part]];
    }),
  );
}

/** True for what belongs to neurons; a solver's count of rows that did not finish does not. */
function isNeural(path: string | undefined): boolean {
  return path !== 'unfinished';
}

/** Columns of [batch, time, width]; outputs of a layer that goes backwards are put at the steps that it read. */
function columns({ shape, data }: FloatArray, start: number, limit: number, backwards: boolean): FloatArray {
  const [batch = 0, time = 0, width = 0] = shape;
  const picked = new Float32Array(batch * time * (limit - start));
  for (let row = 0; row < batch; row++) {
    for (let step = 0; step < time; step++) {
      const from = (row * time + (backwards ? time - 1 - step : step)) * width;
      picked.set(data.subarray(from + start, from + limit), (row * time + step) * (limit - start));
    }
  }
  return floatArray(picked, [batch, time, limit - start]);
}
