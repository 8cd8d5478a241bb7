/**
 * What a layer is: a serialisable description (`kind` and plain JSON `config`) that can be built for a number of input
 * features. What is built is functions on symbolic tensors; it holds no numbers and no state.
 *
 * A recurrent layer is a step from (state, x, dt) to (state, output). A pointwise layer works on each row alone, on
 * [batch, features] inside a loop or [time, batch, features] outside of one. A chain is layers in sequence.
 * `prepare` is work on weights alone and runs once, outside the loop.
 */

import type { Tensor, Tree } from '@rheo/core';
import type { Dim, TensorType } from '@rheo/ir';
import type { Merge } from './bidirectional.ts';
import type { ParameterSpec } from './parameter.ts';

/** Plain JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A model or a part of one: plain data, and how to build it. */
export interface Layer<Config extends { readonly [key: string]: Json } = { readonly [key: string]: Json }> {
  /** Name in descriptions: `cfc`, `linear`, `sequential` … */
  readonly kind: string;
  /** Every option with its value, defaults filled in. */
  readonly config: Config;
  /** Builds for `features` inputs; `path` is the place in the model, for errors. Throws `argument`. */
  build(features: number, path?: string): BuiltLayer;
}

/** What `prepare` may know besides the weights. */
export interface PrepareContext {
  /** True when dropout is on. */
  readonly training: boolean;
  /** Key of this run and layer, u32[2]; needed for training with dropout. */
  readonly key?: Tensor | undefined;
  /** The elapsed time, when it is one number known while tracing. */
  readonly elapsed?: number | undefined;
}

/** What a step may know besides its input. */
export interface StepContext {
  /** Index of the time step, u32[]; absent on pointwise layers outside a loop, whose leading axis is time. */
  readonly index?: Tensor | undefined;
  /** 1 where a feature was observed at this step, [batch, features] as the values. */
  readonly observed?: Tensor | undefined;
}

/** Elapsed time of one step: a number, [] or [batch, 1] or [batch, units]. */
export type Elapsed = Tensor | number;

interface BuiltCommon {
  readonly path: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly parameters: Tree<ParameterSpec>;
}

/** A built layer with a state. */
export interface RecurrentLayer extends BuiltCommon {
  readonly form: 'recurrent';
  /** Units that an elapsed time per unit must have; undefined if the layer takes none. */
  readonly units: number | undefined;
  /** Elapsed time where none is given. */
  readonly defaultElapsed: number;
  /** True if it draws random numbers in training. */
  readonly random: boolean;
  /** False: only the last output leaves the layer. */
  readonly returnSequences: boolean;
  /** True: it reads the sequence from its end; outputs come in processing order. */
  readonly goBackwards: boolean;
  /** True: masked steps output 0 instead of repeating the output before; so does a last step that is masked. */
  readonly zeroOutputForMask: boolean;
  /** True if it needs to know which features were observed. */
  readonly needsObserved: boolean;
  /** Types of the state; it starts at zero. */
  state(batch: Dim, dtype: TensorType['dtype']): Tree<TensorType>;
  prepare(parameters: Tree<Tensor>, context: PrepareContext): Tree<Tensor>;
  /** x is [batch, inputs]; the output is [batch, outputs]. */
  step(
    prepared: Tree<Tensor>,
    state: Tree<Tensor>,
    x: Tensor,
    elapsed: Elapsed,
    context: StepContext,
  ): readonly [Tree<Tensor>, Tensor];
}

/** A built layer without a state. */
export interface PointwiseLayer extends BuiltCommon {
  readonly form: 'pointwise';
  readonly random: boolean;
  prepare(parameters: Tree<Tensor>, context: PrepareContext): Tree<Tensor>;
  /** x is [batch, inputs] or [time, batch, inputs]. */
  apply(prepared: Tree<Tensor>, x: Tensor, context: StepContext): Tensor;
}

/** Two built layers that read a sequence from both ends; parameters and states are `{ forward, backward }`. */
export interface BidirectionalLayer extends BuiltCommon {
  readonly form: 'bidirectional';
  readonly forward: RecurrentLayer;
  readonly backward: RecurrentLayer;
  readonly merge: Merge;
  readonly returnSequences: boolean;
}

/** Built layers in sequence; parameters and states are arrays of theirs. */
export interface LayerChain extends BuiltCommon {
  readonly form: 'chain';
  readonly parts: readonly BuiltLayer[];
}

export type BuiltLayer = RecurrentLayer | PointwiseLayer | BidirectionalLayer | LayerChain;
