/**
 * A model for one step with explicit state, inside a trace. n such steps equal one run over n steps.
 */

import type { Tensor, Tree } from '@rheo/core';
import { withLayer } from '@rheo/core';
import { formatType, RheoError } from '@rheo/ir';
import type { SequenceOutputs } from './apply-sequence.ts';
import { build, matchParameters } from './initialise.ts';
import type { BuiltLayer, Elapsed, Layer } from './layer.ts';
import { flattenChain, isPair, nameOf, prepareItem } from './runs.ts';
import { checkElapsed } from './scan-layers.ts';
import { collectState, matchState } from './state.ts';

/** The input of one step. */
export interface StepInputs {
  /** [batch, features] */
  readonly x: Tensor;
  /** A number, [], [batch, 1] or per unit [batch, units]; each layer's default if absent. */
  readonly dt?: Elapsed | undefined;
  /** Features that were observed, [batch, features], for models with `forwardFill`. */
  readonly observed?: Tensor | undefined;
  readonly state: Tree<Tensor>;
}

/**
 * Runs one step, without dropout. Throws `shape` or `argument` naming the input, and `argument` for a model with a layer
 * that goes backwards: it needs the end of the sequence first.
 */
export function applyStep(model: Layer, parameters: Tree<Tensor>, inputs: StepInputs): SequenceOutputs {
  const { x, dt, observed } = inputs;
  const [batch, features] = x.shape;
  if (x.shape.length !== 2 || batch === undefined) {
    throw new RheoError('shape', {
      from: '@rheo/layers',
      what: 'x does not fit',
      where: 'x',
      shapes: [formatType(x.type)],
      remedy: 'It takes [batch, features]',
    });
  }
  const built = build(model, Number(features));
  const state = matchState(built, inputs.state, batch, x.dtype);
  const items = flattenChain(built, matchParameters(built, parameters), state);
  const finals = new Map<BuiltLayer, Tree<Tensor>>();
  let value = x;
  for (const item of items) {
    if (isPair(item)) throw backwards(nameOf(item.backward));
    const { layer } = item;
    withLayer(nameOf(item), () => {
      const fallback = layer.form === 'recurrent' ? layer.defaultElapsed : 1;
      const elapsed = dt ?? fallback;
      const prepared = prepareItem(
        item,
        { training: false, key: undefined },
        typeof elapsed === 'number' ? elapsed : undefined,
      );
      if (layer.form === 'pointwise') {
        value = layer.apply(prepared, value, {});
        return;
      }
      if (layer.goBackwards) throw backwards(nameOf(item));
      const [after, output] = layer.step(prepared, item.state, value, checkElapsed(item, elapsed), { observed });
      finals.set(layer, after);
      value = output;
    });
  }
  return { outputs: value, state: collectState(built, finals) };
}

function backwards(layer: string): RheoError {
  return new RheoError('argument', {
    from: '@rheo/layers',
    layer,
    what: 'a layer that goes backwards cannot run step by step',
    remedy: 'Use predict on whole sequences',
  });
}
