/**
 * What the originals do differently with a wiring, as data: options of `cfc({ wiring })`, set by `variant`.
 *
 * The authors' own code (`official-…`) has no wirings; those variants take the sane form. ncps.torch returns all of the
 * last layer, even if the wiring has fewer outputs than that: the variant does so where it is named, because what
 * follows in such a model has weights for all of them; without a named variant the wiring's outputs leave the layer.
 */

import type { CfcVariant } from './cfc-variants.ts';

/** The options in which the originals differ. */
export type WiredCfcVariantOptions = {
  /** A synapse of polarity -1 counts as 1, or turns the sign of the weight. */
  readonly maskSign: 'absolute' | 'signed';
  /** What leaves the layer: the wiring's outputs, or all of its last layer. They differ in wirings of one layer. */
  readonly readout: 'outputs' | 'last-layer';
};

/** The options of each family. */
export const wiredCfcVariants: { readonly [K in CfcVariant]: WiredCfcVariantOptions } = {
  'ncps-torch': { maskSign: 'absolute', readout: 'last-layer' },
  'ncps-keras': { maskSign: 'signed', readout: 'outputs' },
  'official-tf': { maskSign: 'absolute', readout: 'outputs' },
  'official-torch': { maskSign: 'absolute', readout: 'outputs' },
};
