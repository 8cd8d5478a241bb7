/**
 * What a checkpoint file does not say, as its owner knows it: the framework, the class, and the arguments it was made with,
 * under the names of the original.
 */

import type { Wiring, WiringDescription } from '@rheo/layers';

/** The five families of originals. */
export type ImportFamily = 'ncps-torch' | 'ncps-keras' | 'ncps-tf' | 'official-tf' | 'official-torch';

/** A wiring of ncps: its class and arguments, or its matrices. */
export interface NcpsWiring {
  readonly class?: string;
  readonly args?: Readonly<Record<string, unknown>>;
  /** [units][units], in {-1, 0, 1}; for classes that are not those of ncps. */
  readonly adjacency_matrix?: readonly (readonly number[])[];
  /** [inputs][units] */
  readonly sensory_adjacency_matrix?: readonly (readonly number[])[];
  readonly output_dim?: number;
}

/**
 * The configuration of an import. Arguments of the constructor stand in `args` (for the authors' code in `hparams` and
 * `options`): then those that are absent have the defaults of the original, as in the call. They may also stand beside
 * `framework`; then every one that the file cannot tell is asked for. Other fields are left alone.
 */
export interface ImportConfig {
  /** `ncps.torch`, `ncps.keras`, `ncps.tf`, `official.torch`, `official.tf`. */
  readonly framework?: string;
  /** `CfC`, `LTC`, or the cell alone: `CfCCell`, `LTCCell`, `WiredCfCCell`. */
  readonly class?: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly hparams?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly wiring?: NcpsWiring | Wiring | WiringDescription | null;
  /** Names of tensors begin with this, and tensors that do not are left alone: `model.rnn.` */
  readonly prefix?: string;
  readonly [argument: string]: unknown;
}
