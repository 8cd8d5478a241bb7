/**
 * One scan over time for layers that follow one another: each step runs all of them, with their states as carries.
 *
 * On steps that do not count every state stays as it is, and the output before is repeated.
 */

import type { Tensor, Tree } from '@rheo/core';
import { and, broadcast, gt, iota, mapTree, reduceMax, reverse, scan, select, withLayer, zeros } from '@rheo/core';
import type { Dim } from '@rheo/ir';
import { formatType, RheoError } from '@rheo/ir';
import type { BuiltLayer, Elapsed, RecurrentLayer } from './layer.ts';
import type { Item } from './runs.ts';
import { nameOf, prepareItem } from './runs.ts';
import type { TimeMajorInputs } from './sequence-axes.ts';

/** The sequence between two runs; `time` is undefined after a layer that returned only its last output. */
export interface Flow extends Omit<TimeMajorInputs, 'time'> {
  readonly time: Dim | undefined;
  readonly training: boolean;
  readonly key: Tensor | undefined;
  /** The last output moves on only where something was observed. */
  readonly holdsUnobserved: boolean;
}

/** Slices of one step. */
type StepInput = {
  readonly x: Tensor;
  readonly dt?: Tensor;
  readonly valid?: Tensor;
  readonly observed?: Tensor;
  readonly index?: Tensor;
};

type Carry = { readonly states: readonly Tree<Tensor>[]; readonly held: readonly Tensor[] };

/** Runs the layers over time and notes their final states in `finals`. Throws as the layers do. */
export function scanLayers(items: readonly Item[], given: Flow, finals: Map<BuiltLayer, Tree<Tensor>>): Flow {
  const last = items.at(-1)?.layer as RecurrentLayer;
  const { time, batch } = given;
  if (time === undefined) {
    throw new RheoError('argument', {
      from: '@rheo/layers',
      layer: items[0] === undefined ? undefined : nameOf(items[0]),
      what: 'a recurrent layer cannot follow one that returns only its last output',
      remedy: 'Leave returnSequences true on all recurrent layers but the last',
    });
  }
  const flow = last.goBackwards ? reversed(given) : given;
  const number = typeof flow.dt === 'number' ? flow.dt : undefined;
  const prepared = items.map((item) => {
    const { layer } = item;
    const fixed = flow.dt === undefined && layer.form === 'recurrent' ? layer.defaultElapsed : number;
    return prepareItem(item, flow, fixed);
  });

  const repeats = flow.valid !== undefined && !last.zeroOutputForMask;
  const holds = repeats || !last.returnSequences;
  const init: Carry = {
    states: items.map(({ state }) => state),
    held: holds ? [zeros([batch, last.outputs], flow.values.dtype)] : [],
  };
  const body = ({ states, held }: Carry, input: Tree<Tensor>): [Carry, readonly Tensor[]] => {
    const { x, dt, valid, observed, index } = input as StepInput;
    let value = x;
    const next = items.map((item, at) =>
      withLayer(nameOf(item), (): Tree<Tensor> => {
        const weights = prepared[at] ?? {};
        const before = states[at] ?? {};
        if (item.layer.form === 'pointwise') {
          value = item.layer.apply(weights, value, { index });
          return before;
        }
        const elapsed = checkElapsed(item, dt ?? number ?? item.layer.defaultElapsed);
        const [after, output] = item.layer.step(weights, before, value, elapsed, { index, observed });
        value = output;
        return valid === undefined ? after : mapTree((a: Tensor, b: Tensor) => where(valid, a, b), after, before);
      }),
    );
    const [before] = held;
    if (last.returnSequences) {
      if (valid === undefined) return [{ states: next, held }, [value]];
      const shown = where(valid, value, before ?? zeros(value.shape, value.dtype));
      return [{ states: next, held: before === undefined ? [] : [shown] }, [shown]];
    }
    const counts = flow.holdsUnobserved ? anyObserved(observed, valid) : valid;
    if (counts === undefined) return [{ states: next, held: [value] }, []];
    const otherwise = repeats || flow.holdsUnobserved ? before : zeros(value.shape, value.dtype);
    return [{ states: next, held: [where(counts, value, otherwise ?? value)] }, []];
  };
  const [carry, outputs] = scan(body, init, stepInputs(items, flow, time));
  items.forEach(({ layer }, at) => {
    finals.set(layer, carry.states[at] ?? {});
  });
  const [values] = last.returnSequences ? outputs : carry.held;
  if (values === undefined) throw new Error('a scan gave no output');
  return { ...flow, values, time: last.returnSequences ? time : undefined };
}

function stepInputs(items: readonly Item[], flow: Flow, time: Dim): StepInput {
  const { values, dt, valid, observed } = flow;
  const draws = flow.training && items.some(({ layer }) => layer.random);
  return {
    x: values,
    ...(dt === undefined || typeof dt === 'number' ? {} : { dt }),
    ...(valid === undefined ? {} : { valid }),
    ...(observed === undefined ? {} : { observed }),
    ...(draws ? { index: iota([time], 0, 'u32') } : {}),
  };
}

function reversed(flow: Flow): Flow {
  const turn = <X>(x: X): X => (x === undefined || typeof x === 'number' ? x : (reverse(x as Tensor, 0) as X));
  const { values, dt, valid, observed } = flow;
  return { ...flow, values: turn(values), dt: turn(dt), valid: turn(valid), observed: turn(observed) };
}

/** `a` in the rows where `p` [batch] holds, else `b`; both are [batch, units]. */
function where(p: Tensor, a: Tensor, b: Tensor): Tensor {
  return select(broadcast(p, a.shape, [0]), a, b);
}

function anyObserved(observed: Tensor | undefined, valid: Tensor | undefined): Tensor | undefined {
  if (observed === undefined) return valid;
  const any = gt(reduceMax(observed, 1), 0);
  return valid === undefined ? any : and(any, valid);
}

/** The elapsed time, if its width fits the layer. Throws `shape`. */
export function checkElapsed({ layer }: Item, elapsed: Elapsed): Elapsed {
  const width = typeof elapsed === 'number' ? 1 : (elapsed.shape[1] ?? 1);
  const units = layer.form === 'recurrent' ? layer.units : undefined;
  if (width === 1 || units === undefined || width === units) return elapsed;
  throw new RheoError('shape', {
    from: '@rheo/layers',
    layer: layer.path,
    what: `elapsed times per unit are for ${width} units, the layer has ${units}`,
    where: 'dt',
    shapes: typeof elapsed === 'number' ? [] : [formatType(elapsed.type)],
    remedy: `Pass dt as [batch, time, ${units}] or [batch, time]`,
  });
}
