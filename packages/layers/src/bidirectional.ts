/**
 * A recurrent layer twice, with parameters of their own: one reads the sequence from its start, one from its end, as Keras'
 * Bidirectional. The outputs of the second are turned back before both are merged step by step; of layers that return
 * only their last output, both last outputs are merged.
 *
 * With masks or lengths the second meets the steps that do not count first: its state stays at the start, and its outputs
 * there are 0. It cannot run step by step. Parameters and states are `{ forward, backward }`.
 */

import { RheoError } from '@rheo/ir';
import type { BuiltLayer, Layer, RecurrentLayer } from './layer.ts';
import { oneOf, readOptions } from './options.ts';
import type { LayerDescription } from './sequential.ts';

/** How two outputs become one: side by side, added, multiplied, or their mean. */
export type Merge = 'concat' | 'sum' | 'mul' | 'ave';

/** Options of `bidirectional` with their values. */
export type BidirectionalConfig = { readonly layer: LayerDescription; readonly merge: Merge };

/**
 * A layer in both directions; merge is "concat" unless given. Throws `argument` for a wrong option, and when it is built
 * around a layer that is not recurrent, or that goes backwards itself.
 */
export function bidirectional(layer: Layer, options: { readonly merge?: Merge } = {}): Layer<BidirectionalConfig> {
  if (typeof layer?.build !== 'function') throw wrongLayer('bidirectional takes a recurrent layer');
  const rules = { merge: oneOf(['concat', 'sum', 'mul', 'ave']) };
  const { merge } = readOptions<{ readonly merge: Merge }>('bidirectional', rules, { merge: 'concat' }, options);
  const { kind, config } = layer;
  return {
    kind: 'bidirectional',
    config: { layer: { kind, config }, merge },
    build: (features, path = '') => {
      const part = (name: string): RecurrentLayer =>
        asRecurrent(layer.build(features, path === '' ? name : `${path}/${name}`), kind);
      const forward = part('forward');
      const backward: RecurrentLayer = { ...part('backward'), goBackwards: true };
      return {
        form: 'bidirectional',
        path,
        inputs: features,
        outputs: forward.outputs * (merge === 'concat' ? 2 : 1),
        parameters: { forward: forward.parameters, backward: backward.parameters },
        forward,
        backward,
        merge,
        returnSequences: forward.returnSequences,
      };
    },
  };
}

function asRecurrent(built: BuiltLayer, kind: string): RecurrentLayer {
  if (built.form !== 'recurrent') throw wrongLayer(`bidirectional takes a recurrent layer, not ${kind}`, built.path);
  if (built.goBackwards) throw wrongLayer(`the ${kind} in bidirectional goes backwards itself`, built.path);
  return built;
}

function wrongLayer(what: string, layer?: string): RheoError {
  return new RheoError('argument', {
    from: '@rheo/layers',
    what,
    layer: layer === '' ? undefined : layer,
    remedy: 'Pass one recurrent layer that goes forwards: bidirectional(cfc({ units: 64 }))',
  });
}
