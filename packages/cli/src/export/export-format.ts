/**
 * What every export format gives the command: the bytes, and how they were checked.
 */

import type { ElapsedForm } from '@rheo/layers';
import type { Checkpoint } from '@rheo/train';

/** What a format is asked for. */
export interface ExportRequest {
  readonly checkpoint: Checkpoint;
  /** Where engines of others are looked for. */
  readonly folder: string;
  readonly step: boolean;
  /** As the user said; each format has its own default. */
  readonly dt: ElapsedForm | undefined;
  /** Name of the functions in C. */
  readonly name: string;
  /** False: written without being run. */
  readonly verify: boolean;
}

/** Allowed difference of numbers up to 1; larger ones may differ by this part of them. */
export const tolerance = 1e-5;

/** What a check found. */
export interface Check {
  /** Largest difference to the model, of numbers above 1 as a part of them; NaN where shapes are wrong. */
  readonly largest: number;
  /** `tolerance`, or more where the model itself amplifies rounding beyond it. */
  readonly allowed: number;
}

/** How an export was checked. */
export type Verification =
  | (Check & {
      /** By what: `onnxruntime-node 1.30.0`. */
      readonly by: string;
      /** On what, in words. */
      readonly on: string;
    })
  /** Why it was not. */
  | { readonly unchecked: string };

/** A finished export. */
export interface Export {
  readonly bytes: Uint8Array | string;
  /** Facts for people, name and value. */
  readonly facts: readonly (readonly [string, string])[];
  readonly verification: Verification;
  /** A file that belongs to it: its ending, and its text. */
  readonly sidecar?: { readonly ending: string; readonly text: string };
}

/** A format. */
export interface ExportFormat {
  /** Ending of the file. */
  readonly ending: string;
  /** Options that mean something to it. */
  readonly takes: ReadonlySet<'step' | 'dt' | 'name'>;
  /** Throws typed errors for what the format cannot express. */
  make(request: ExportRequest): Promise<Export>;
}
