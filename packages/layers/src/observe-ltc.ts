/**
 * Looking into an LTC while it runs: the potential and the liquid time constant of every neuron, and the conductance of
 * every synapse, over sequences; and what its synapses became in training.
 *
 * The observed layer is the layer itself with other outputs, so elapsed times, masks, memory and backends mean what
 * they mean in `predict`.
 */

import type { Parameter, Tensor, Tree } from '@rheo/core';
import { concat } from '@rheo/core';
import type { Backend } from '@rheo/ir';
import type { LtcParameters, PreparedLtc } from './cells/ltc-cell.ts';
import { heldDrive, ltcTimeConstants, mapped, prepareLtc } from './cells/ltc-cell.ts';
import { conductances, edgeList } from './cells/synapses.ts';
import type { HostInputs } from './check-inputs.ts';
import type { FloatArray } from './host-array.ts';
import { floatArray } from './host-array.ts';
import type { BuiltLayer, Layer, RecurrentLayer } from './layer.ts';
import type { LtcState, PreparedLtcLayer } from './ltc.ts';
import { beforeCell } from './ltc.ts';
import type { LtcPart } from './ltc-parts.ts';
import { findLtc } from './ltc-parts.ts';
import { predict } from './predict.ts';
import type { LtcSynapse } from './theory/ltc-network.ts';
import { ltcNetwork } from './theory/ltc-network.ts';

/** What was seen. Masked steps repeat the step before. */
export interface LtcObservation {
  /** Potentials after each step, [batch, time, neurons], in order of neuron ids. */
  readonly states: FloatArray;
  /** cm / (gleak + Σ conductances) at those potentials, [batch, time, neurons], in the unit of the elapsed times. */
  readonly timeConstants: FloatArray;
  /** Conductances at those potentials, [batch, time, synapses], in order of `synapses`. */
  readonly conductances: FloatArray;
  /** The synapses that exist, as trained: those between neurons, then those from inputs; by target, then by source. */
  readonly synapses: readonly LtcSynapse[];
}

/** Which LTC to look at. */
export interface ObserveOptions {
  /** Its path in the model, as in parameter paths; not needed where there is one LTC. */
  readonly layer?: string | undefined;
}

/** Runs a model up to an LTC and looks into it. Throws as `predict` does, and `argument` when there is no such LTC. */
export async function observeLtc(
  model: Layer,
  parameters: Tree<Parameter>,
  backend: Backend,
  inputs: HostInputs,
  options: ObserveOptions = {},
): Promise<LtcObservation> {
  const features = Number(inputs.values?.shape?.[2]);
  const part = findLtc(model, parameters, features, options.layer);
  const observed: Layer = {
    kind: 'observed-ltc',
    config: {},
    build: (): BuiltLayer => {
      const parts = [...part.before.map(({ layer }) => layer), observing(part)];
      const outputs = parts.at(-1)?.outputs ?? 0;
      return { form: 'chain', path: '', inputs: features, outputs, parts, parameters: parts.map((p) => p.parameters) };
    },
  };
  const own = [...part.before.map((before) => before.parameters), part.parameters];
  const { outputs } = await predict(observed, own, backend, inputs);
  const units = part.form.inner.targets;
  const width = outputs.shape[2] ?? 0;
  return {
    states: columns(outputs, 0, units),
    timeConstants: columns(outputs, units, 2 * units),
    conductances: columns(outputs, 2 * units, width),
    synapses: ltcNetwork(part).synapses,
  };
}

type Observed = { readonly cell: PreparedLtcLayer; readonly edges: PreparedLtc };

/** The layer with outputs [potentials, time constants, conductances between neurons, conductances from inputs]. */
function observing({ layer, form, config }: LtcPart): RecurrentLayer {
  const units = form.inner.targets;
  const synapses = edgeList(form.inner).source.length + edgeList(form.sensory).source.length;
  return {
    ...layer,
    outputs: 2 * units + synapses,
    returnSequences: true,
    zeroOutputForMask: false,
    prepare: (tree, context): Tree<Tensor> => {
      const edges = prepareLtc({ ...form, innerForm: 'edges', sensoryForm: 'edges' }, tree as LtcParameters<Tensor>);
      return { cell: layer.prepare(tree, context), edges };
    },
    step: (prepared, state, x, elapsed, context) => {
      const { cell, edges } = prepared as Observed;
      const [next] = layer.step(cell, state, x, elapsed, context);
      const v = (next as LtcState).h;
      const given = beforeCell(config, cell, state as LtcState, x);
      const tau = ltcTimeConstants(form, cell, v, heldDrive(form, cell, given.x));
      const inner = conductances(edges.inner, v);
      const sensory = conductances(edges.sensory, mapped(given.x, edges.input));
      return [next, concat([v, tau, inner, sensory], 1)];
    },
  };
}

function columns({ shape, data }: FloatArray, start: number, limit: number): FloatArray {
  const [batch = 0, time = 0, width = 0] = shape;
  const picked = new Float32Array(batch * time * (limit - start));
  for (let row = 0; row < batch * time; row++) {
    picked.set(data.subarray(row * width + start, row * width + limit), row * (limit - start));
  }
  return floatArray(picked, [batch, time, limit - start]);
}
