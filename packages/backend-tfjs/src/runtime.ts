/**
 * What is used of TensorFlow.js: structural types, so that nothing is imported here.
 *
 * The module is the user's: `@tensorflow/tfjs-core`, `@tensorflow/tfjs` or `@tensorflow/tfjs-node`, from version 4.20 on.
 */

import type { TensorData } from '@rheo/ir';

/** A module of TensorFlow.js: `import * as tf from '@tensorflow/tfjs-core'`. */
export interface TfjsModule {
  readonly engine: () => object;
  readonly setBackend: (name: string) => Promise<boolean>;
  readonly version_core?: string;
}

/** Element types of the engine that are used. */
export type EngineDType = 'float32' | 'int32' | 'bool';

/** A tensor of the engine. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  data(): Promise<TensorData>;
  dispose(): void;
}

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

/** The functions that the lowerings call. */
export interface Tfjs {
  engine(): { readonly registryFactory?: Readonly<Record<string, unknown>> };
  readonly version_core?: string;
  getBackend(): string | undefined;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  findBackend(name: string): unknown;
  env(): { getNumber(name: string): number };
  tidy<T>(work: () => T): T;
  tensor(data: TensorData, shape: readonly number[], dtype: EngineDType): Tensor;
  readonly neg: Unary;
  readonly abs: Unary;
  readonly sign: Unary;
  readonly floor: Unary;
  readonly exp: Unary;
  readonly expm1: Unary;
  readonly log: Unary;
  readonly log1p: Unary;
  readonly sin: Unary;
  readonly cos: Unary;
  readonly sqrt: Unary;
  readonly tanh: Unary;
  readonly sigmoid: Unary;
  readonly erf: Unary;
  readonly reciprocal: Unary;
  readonly logicalNot: Unary;
  readonly clone: Unary;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly maximum: Binary;
  readonly minimum: Binary;
  readonly equal: Binary;
  readonly notEqual: Binary;
  readonly less: Binary;
  readonly lessEqual: Binary;
  readonly logicalAnd: Binary;
  readonly logicalOr: Binary;
  scalar(value: number, dtype?: EngineDType): Tensor;
  where(condition: Tensor, a: Tensor, b: Tensor): Tensor;
  cast(x: Tensor, dtype: EngineDType): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, permutation: readonly number[]): Tensor;
  tile(x: Tensor, times: readonly number[]): Tensor;
  slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor;
  pad(x: Tensor, widths: readonly (readonly [number, number])[]): Tensor;
  concat(parts: readonly Tensor[], axis: number): Tensor;
  reverse(x: Tensor, axis: number): Tensor;
  gather(x: Tensor, index: Tensor, axis: number): Tensor;
  scatterND(index: Tensor, updates: Tensor, shape: readonly number[]): Tensor;
  sum(x: Tensor, axis: number): Tensor;
  max(x: Tensor, axis: number): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor;
}
