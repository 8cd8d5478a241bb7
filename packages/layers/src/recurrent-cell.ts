/**
 * A recurrent layer around a cell: alone, or with an LSTM step in front of it (mixed memory). Before the state, the LSTM
 * gives the cell its state, and the cell reads the input; before the input, the LSTM reads the input and gives the cell
 * its input. State: `{ h }`, with memory `{ h, c }`, each [batch, units].
 */

import type { Tensor, Tree } from '@rheo/core';
import type { LstmParameters } from './cells/lstm-cell.ts';
import { lstmSpec, lstmStep, prepareLstm } from './cells/lstm-cell.ts';
import type { MemoryPlacement } from './cfc-variants.ts';
import type { Elapsed, PrepareContext, RecurrentLayer } from './layer.ts';
import type { ParameterSpec } from './parameter.ts';
import { startAt } from './parameter.ts';

/** Options of the layer, whatever its cell. */
export interface RecurrentOptions {
  readonly mixedMemory: 'off' | MemoryPlacement;
  readonly forgetBias: number;
  readonly memoryElapsed: number;
  readonly memoryBiasInit: 'zeros' | 'uniform';
  readonly returnSequences: boolean;
  readonly goBackwards: boolean;
  readonly zeroOutputForMask: boolean;
}

/** A cell for a number of inputs. */
export interface Cell<Prepared> {
  readonly outputs: number;
  readonly parameters: { readonly [key: string]: Tree<ParameterSpec> };
  /** True if it draws random numbers in training. */
  readonly random: boolean;
  prepare(parameters: Tree<Tensor>, context: PrepareContext): Prepared;
  /** The next state [batch, units] and the output [batch, outputs]; `index` is the time step. */
  step(
    prepared: Prepared,
    x: Tensor,
    h: Tensor,
    elapsed: Elapsed,
    index: Tensor | undefined,
  ): readonly [Tensor, Tensor];
}

type State = { readonly h: Tensor; readonly c?: Tensor };
type WithMemory = { readonly lstm?: LstmParameters<Tensor> };

/** The layer of a cell; `cellFor` makes the cell for its inputs, which are the units behind a memory before the input. */
export function recurrentCell<Prepared extends Tree<Tensor>>(
  options: RecurrentOptions,
  units: number,
  cellFor: (inputs: number) => Cell<Prepared>,
  features: number,
  path: string,
): RecurrentLayer {
  const { mixedMemory, forgetBias } = options;
  const cell = cellFor(mixedMemory === 'before-input' ? units : features);
  const memoryBias = options.memoryBiasInit === 'zeros' ? startAt(0) : ({ kind: 'uniform', limit: 0.1 } as const);
  return {
    form: 'recurrent',
    path,
    inputs: features,
    outputs: cell.outputs,
    units,
    parameters:
      mixedMemory === 'off' ? cell.parameters : { ...cell.parameters, lstm: lstmSpec(features, units, memoryBias) },
    defaultElapsed: mixedMemory === 'off' ? 1 : options.memoryElapsed,
    random: cell.random,
    returnSequences: options.returnSequences,
    goBackwards: options.goBackwards,
    zeroOutputForMask: options.zeroOutputForMask,
    needsObserved: false,
    state: (batch, dtype) => {
      const type = { dtype, shape: [batch, units] };
      return mixedMemory === 'off' ? { h: type } : { h: type, c: type };
    },
    prepare: (parameters, context) => {
      const { lstm } = parameters as WithMemory;
      return [cell.prepare(parameters, context), ...(lstm === undefined ? [] : [prepareLstm(lstm)])];
    },
    step: (prepared, state, x, elapsed, { index }) => {
      const [weights, lstm] = prepared as readonly [Prepared, ReturnType<typeof prepareLstm>?];
      const { h, c } = state as State;
      if (lstm === undefined || c === undefined) {
        const [next, output] = cell.step(weights, x, h, elapsed, index);
        return [{ h: next }, output];
      }
      const memory = lstmStep(lstm, x, h, c, forgetBias);
      const [next, output] =
        mixedMemory === 'before-state'
          ? cell.step(weights, x, memory.h, elapsed, index)
          : cell.step(weights, memory.h, h, elapsed, index);
      return [{ h: next, c: memory.c }, output];
    },
  };
}
