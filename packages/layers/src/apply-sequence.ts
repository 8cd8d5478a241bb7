/**
 * A model over whole sequences, inside a trace. Recurrent layers that follow one another run in one scan over time;
 * pointwise layers around them are applied to all steps at once, outside of it.
 *
 * Masks and lengths hold every state on steps that do not count, and repeat the output before (0 before the first), as
 * Keras does. A layer that goes backwards reads the reversed sequence, and its outputs come in processing order; what
 * follows it sees elapsed times and masks in that order too.
 */

import type { Tensor, Tree } from '@rheo/core';
import { broadcast, convert, gt, mul, reduceSum, select, transpose, withLayer } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import { build, matchParameters } from './initialise.ts';
import type { BuiltLayer, Layer } from './layer.ts';
import { flattenChain, isPair, nameOf, prepareItem, splitRuns } from './runs.ts';
import { scanBoth } from './scan-both.ts';
import type { Flow } from './scan-layers.ts';
import { scanLayers } from './scan-layers.ts';
import type { SequenceInputs } from './sequence-axes.ts';
import { toTimeMajor } from './sequence-axes.ts';
import { collectState, initialState, matchState } from './state.ts';

/** How to run. */
export interface SequenceContext {
  /** Dropout on; false unless given. */
  readonly training?: boolean | undefined;
  /** Key of this run, u32[2]; needed for training a model with dropout. */
  readonly key?: Tensor | undefined;
  /** Inputs and outputs have time first. */
  readonly timeMajor?: boolean | undefined;
}

/** What a run over sequences gives. */
export interface SequenceOutputs {
  /** [batch, time, outputs], or [batch, outputs] when a layer returns only its last output. */
  readonly outputs: Tensor;
  /** The final state; feed it back to go on. */
  readonly state: Tree<Tensor>;
}

/**
 * Runs a model over sequences. `state` is where it starts, zeros if absent; `stateTypes` tells its form.
 * Throws `shape`, `dtype` or `argument`, naming the input or the layer.
 */
export function applySequence(
  model: Layer,
  parameters: Tree<Tensor>,
  inputs: SequenceInputs & { readonly state?: Tree<Tensor> | undefined },
  context: SequenceContext = {},
): SequenceOutputs {
  const { timeMajor = false, training = false, key } = context;
  const axes = toTimeMajor(inputs, timeMajor);
  const { batch, values } = axes;
  const built = build(model, Number(values.shape[2]));
  const weights = matchParameters(built, parameters);
  const start =
    inputs.state === undefined
      ? initialState(built, batch, values.dtype)
      : matchState(built, inputs.state, batch, values.dtype);
  const items = flattenChain(built, weights, start);
  const holdsUnobserved = items.some((item) => {
    const { layer } = isPair(item) ? item.forward : item;
    return layer.form === 'recurrent' && layer.needsObserved;
  });
  if (axes.observed !== undefined && !holdsUnobserved) throw unusedMask();

  let flow: Flow = { ...axes, training, key, holdsUnobserved };
  const finals = new Map<BuiltLayer, Tree<Tensor>>();
  for (const run of splitRuns(items)) {
    if (!Array.isArray(run)) {
      flow = scanBoth(run, flow, finals);
      continue;
    }
    const [first] = run;
    const layer = first?.layer;
    if (first === undefined || layer?.form !== 'pointwise') {
      flow = scanLayers(run, flow, finals);
    } else {
      const prepared = prepareItem(first, flow, undefined);
      const applied = withLayer(nameOf(first), () => layer.apply(prepared, flow.values, {}));
      flow = { ...flow, values: applied };
    }
  }
  const state = collectState(built, finals);
  if (flow.time === undefined) return { outputs: holdsUnobserved ? zeroUnobserved(flow) : flow.values, state };
  return { outputs: timeMajor ? flow.values : transpose(flow.values, [1, 0, 2]), state };
}

/** Rows in which nothing was ever observed have no output: 0, also after layers with a bias. */
function zeroUnobserved({ values, observed, valid }: Flow): Tensor {
  if (observed === undefined) return values;
  const counted =
    valid === undefined ? observed : mul(observed, broadcast(convert(valid, observed.dtype), observed.shape, [0, 1]));
  const seen = gt(reduceSum(counted, [0, 2]), 0);
  return select(broadcast(seen, values.shape, [0]), values, 0);
}

function unusedMask(): RheoError {
  return new RheoError('argument', {
    from: '@rheo/layers',
    what: 'the mask is per feature, and no layer of the model reads one',
    where: 'mask',
    remedy: 'Put forwardFill() first in the model, or pass a mask of [batch, time]',
  });
}
