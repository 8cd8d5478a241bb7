/**
 * The inputs of a sequence as a trace wants them: time first, elapsed times in one of a few forms, one bool for each
 * row and step that says whether it counts.
 */

import type { Tensor } from '@rheo/core';
import { and, broadcast, convert, iota, lt, reshape, transpose } from '@rheo/core';
import type { Dim } from '@rheo/ir';
import { formatShape, formatType, isFloat, RheoError } from '@rheo/ir';

/** A batch of sequences. Shapes are batch-major; with `timeMajor` the first two axes are exchanged. */
export interface SequenceInputs {
  /** [batch, time, features] */
  readonly values: Tensor;
  /** Elapsed time: a number, or [time], [batch, time], [batch, time, 1] or per unit [batch, time, units]. */
  readonly dt?: Tensor | number | undefined;
  /** Steps that count, [batch, time], or features that were observed, [batch, time, features]; bool or 0 and 1. */
  readonly mask?: Tensor | undefined;
  /** i32 [batch]: the steps of each row that count, from the first. */
  readonly lengths?: Tensor | undefined;
}

/** Inputs with time first. */
export interface TimeMajorInputs {
  readonly batch: Dim;
  readonly time: Dim;
  /** [time, batch, features] */
  readonly values: Tensor;
  /** A number, [time], [time, batch, 1] or [time, batch, units]; undefined if none was given. */
  readonly dt: Tensor | number | undefined;
  /** bool [time, batch] of the steps that count; undefined if all do. */
  readonly valid: Tensor | undefined;
  /** [time, batch, features] of the values' element type; undefined if no mask per feature was given. */
  readonly observed: Tensor | undefined;
}

/** Exchanges batch and time, and checks every shape. Throws `shape` or `dtype` naming the input. */
export function toTimeMajor(inputs: SequenceInputs, timeMajor: boolean): TimeMajorInputs {
  const { values, dt, mask, lengths } = inputs;
  if (values.shape.length !== 3) throw wrong('shape', 'values', values, '[batch, time, features]');
  if (!isFloat(values.dtype)) throw wrong('dtype', 'values', values, 'float values');
  const swap = (x: Tensor): Tensor => {
    if (timeMajor) return x;
    return transpose(
      x,
      x.shape.map((_, axis) => (axis < 2 ? 1 - axis : axis)),
    );
  };
  const inner = swap(values);
  const [time, batch] = inner.shape as readonly [Dim, Dim];
  const sizes = timeMajor ? [time, batch] : [batch, time];
  const fits = (x: Tensor, ...more: readonly (Dim | undefined)[]): boolean =>
    x.shape.length === 2 + more.length && [...sizes, ...more].every((dim, axis) => dim === x.shape[axis]);

  let elapsed = dt;
  if (dt !== undefined && typeof dt !== 'number') {
    if (!isFloat(dt.dtype)) throw wrong('dtype', 'dt', dt, 'float values');
    if (dt.shape.length === 1 && dt.shape[0] === time) elapsed = dt;
    else if (fits(dt)) elapsed = reshape(swap(dt), [time, batch, 1]);
    else if (dt.shape.length === 3 && fits(dt, dt.shape[2])) elapsed = swap(dt);
    else
      throw wrong(
        'shape',
        'dt',
        dt,
        `[time], [batch, time], [batch, time, 1] or [batch, time, units] for ${formatShape(values.shape)}`,
      );
  }

  let valid: Tensor | undefined;
  let observed: Tensor | undefined;
  if (mask !== undefined) {
    if (fits(mask)) valid = convert(swap(mask), 'bool');
    else if (fits(mask, values.shape[2])) observed = convert(swap(mask), values.dtype);
    else
      throw wrong('shape', 'mask', mask, `[batch, time] or [batch, time, features] for ${formatShape(values.shape)}`);
  }
  if (lengths !== undefined) {
    if (lengths.shape.length !== 1 || lengths.shape[0] !== batch) throw wrong('shape', 'lengths', lengths, '[batch]');
    if (lengths.dtype !== 'i32') throw wrong('dtype', 'lengths', lengths, 'i32');
    const within = lt(iota([time, batch], 0), broadcast(lengths, [time, batch], [1]));
    valid = valid === undefined ? within : and(valid, within);
  }
  return { batch, time, values: inner, dt: elapsed, valid, observed };
}

function wrong(code: 'shape' | 'dtype', where: string, tensor: Tensor, takes: string): RheoError {
  return new RheoError(code, {
    from: '@rheo/layers',
    what: `${where} does not fit`,
    where,
    shapes: [formatType(tensor.type)],
    remedy: `It takes ${takes}`,
  });
}
