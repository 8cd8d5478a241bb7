/**
 * The error for models that no class of the originals in PyTorch computes. It names the layer, what is in the way, and
 * what to do instead.
 */

import { RheoError } from '@rheo/ir';

/** A layer of the model being exported: what it is, and its path in parameters (empty for a model of one layer). */
export interface ExportedLayer {
  readonly kind: string;
  readonly path: string;
}

/** A `capability` error about a layer. */
export function cannotExpress({ kind, path }: ExportedLayer, what: string, remedy: string): RheoError {
  return new RheoError('capability', {
    from: '@rheo/interop',
    layer: path === '' ? `model/${kind}` : `model/${path}/${kind}`,
    what,
    remedy: `${remedy}; or export it as ONNX or C, or its tensors with exportSafetensors`,
  });
}

/** Throws unless an option has the one value that the originals in PyTorch have. */
export function requireOption<T>(layer: ExportedLayer, name: string, found: T, wanted: T): void {
  if (found === wanted) return;
  throw cannotExpress(
    layer,
    `${name} is ${JSON.stringify(found)}, but the originals in PyTorch have ${JSON.stringify(wanted)} alone`,
    `Train a model with ${name}: ${JSON.stringify(wanted)}, as the variant "ncps-torch" has it`,
  );
}

/** Options that every recurrent layer has. */
export interface SharedOptions {
  readonly mixedMemory: string;
  readonly forgetBias: number;
  readonly goBackwards: boolean;
}

/** Throws for a direction or a mixed memory that the originals in PyTorch do not have. */
export function checkShared(layer: ExportedLayer, { mixedMemory, forgetBias, goBackwards }: SharedOptions): void {
  requireOption(layer, 'goBackwards', goBackwards, false);
  if (mixedMemory === 'off') return;
  requireOption(layer, 'mixedMemory', mixedMemory, 'before-state');
  requireOption(layer, 'forgetBias', forgetBias, 1);
}
