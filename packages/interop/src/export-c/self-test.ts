/**
 * What the self-test of an exported model checks: a fixed sequence with uneven times, and the outputs that the
 * reference interpreter gives for it.
 */

import { evaluate } from '@rheo/ir';
import type { StepModel } from './step-model.ts';

/** A sequence with its outputs. */
export interface SelfTest {
  readonly steps: number;
  /** [steps, features] */
  readonly inputs: readonly number[];
  /** [steps], or empty if the step takes none. */
  readonly elapsed: readonly number[];
  /** [steps, features] of 0 and 1, or empty if the step takes none. */
  readonly observed: readonly number[];
  /** [steps, outputs] */
  readonly outputs: readonly number[];
  /** Largest |difference| / (1 + |output|) that passes. */
  readonly tolerance: number;
}

/** Elapsed times in turn: none at all, short, long. */
const times = [1, 0.25, 0, 0.013, 2.5, 0.5, 0, 0.75, 1.75, 0.1];
/** What every exported model keeps to. */
const agreement = 1e-5;
/** What a model that amplifies rounding more than that is held to, in units of the amplification (as the kit's rule). */
const factor = 16;

/** The self-test of a model. */
export function selfTest(model: StepModel, steps: number = 12): SelfTest {
  const random = generator(0x5eed);
  const { features, dt, observed: reads } = model;
  const inputs = Array.from({ length: steps * features }, () => Math.fround(Math.round(random() * 2000 - 1000) / 1000));
  const elapsed =
    dt === 'none' ? [] : Array.from({ length: steps }, (_, t) => Math.fround(times[t % times.length] ?? 1));
  const observed = reads ? Array.from({ length: steps * features }, () => (random() < 0.6 ? 1 : 0)) : [];
  const sequence = { steps, inputs, elapsed, observed };
  const outputs = run(model, sequence, 'double');
  const rounded = run(model, sequence, 'single');
  const spread = outputs.reduce(
    (most, output, index) => Math.max(most, Math.abs(output - (rounded[index] ?? 0)) / (1 + Math.abs(output))),
    0,
  );
  return { ...sequence, outputs, tolerance: Math.max(agreement, factor * spread) };
}

function run(
  { program, features, outputs, state, holds }: StepModel,
  { steps, inputs, elapsed, observed }: Omit<SelfTest, 'outputs' | 'tolerance'>,
  precision: 'double' | 'single',
): number[] {
  let carried: ArrayLike<number>[] = state.map(({ size }) => new Float64Array(size));
  let shown: readonly number[] = new Array<number>(outputs).fill(0);
  const all: number[] = [];
  for (let t = 0; t < steps; t++) {
    const seen = observed.slice(t * features, (t + 1) * features);
    const given = [
      ...carried,
      inputs.slice(t * features, (t + 1) * features),
      ...(elapsed.length === 0 ? [] : [[elapsed[t] ?? 0]]),
      ...(observed.length === 0 ? [] : [seen]),
    ];
    const [output = [], ...next] = evaluate(program, given, { precision });
    carried = next;
    if (!holds || seen.includes(1)) shown = Array.from(output);
    all.push(...shown);
  }
  return all;
}

/** A small generator of numbers in 0 … 1 that is the same everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
