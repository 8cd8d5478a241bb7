/**
 * The affine map x·W + b that most layers are made of. Kernels are [in, out].
 */

import type { Tensor } from '@rheo/core';
import { add, matmul } from '@rheo/core';
import type { ParameterSpec } from './parameter.ts';
import { fanIn, parameter, startAt, xavier } from './parameter.ts';

/** Kernel [in, out] and bias [out]. */
export type Affine<T> = { readonly kernel: T; readonly bias: T };

/** How kernels and biases start. */
export interface AffineInit {
  readonly weightInit: WeightInit;
  /** Factor on Xavier limits. */
  readonly initGain: number;
  readonly biasInit: BiasInit;
}

/** `xavier`: ±gain·√(6/(in+out)); `fan_in`: ±1/√in. */
export type WeightInit = 'xavier' | 'fan_in';
export type BiasInit = 'zeros' | 'fan_in';

export const weightInits: readonly WeightInit[] = ['xavier', 'fan_in'];
export const biasInits: readonly BiasInit[] = ['zeros', 'fan_in'];

/** The parameters of an affine map. */
export function affineSpec(inputs: number, outputs: number, init: AffineInit): Affine<ParameterSpec> {
  const weights = init.weightInit === 'xavier' ? xavier(inputs, outputs, init.initGain) : fanIn(inputs);
  return {
    kernel: parameter([inputs, outputs], 'kernel', weights),
    bias: parameter([outputs], 'bias', init.biasInit === 'zeros' ? startAt(0) : fanIn(inputs)),
  };
}

/** x·W + b over the last axis of x. */
export function affine(x: Tensor, { kernel, bias }: Affine<Tensor>): Tensor {
  return add(matmul(x, kernel), bias);
}
