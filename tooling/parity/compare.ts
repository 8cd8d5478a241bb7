/**
 * How far results are from what an original computed.
 */

import type { FlatArray } from './flat-array.ts';
import type { ParityCase } from './parity-case.ts';

/** Largest differences, absolute for outputs and states, relative to the largest gradient for gradients. */
export interface Differences {
  readonly outputs: number;
  readonly states: number;
  /** Undefined if the original has none. */
  readonly gradients: number | undefined;
}

/** What each difference must not exceed. */
export const tolerance: number = 1e-5;

/** Compares named results with what is expected. Throws when something expected is missing or of another size. */
export function compare(results: ReadonlyMap<string, ArrayLike<number>>, { expected }: ParityCase): Differences {
  const states = Object.entries(expected.finalState).map(([path, array]) => [`state ${path}`, array] as const);
  const gradients: (readonly [string, FlatArray])[] = [
    ...Object.entries(expected.parameters),
    ...Object.entries(expected.state).map(([path, array]) => [`state ${path}`, array] as const),
  ].map(([name, array]) => [`gradient of ${name}`, array]);
  if (expected.values !== undefined) gradients.push(['gradient of values', expected.values]);
  const largest = Math.max(
    ...gradients.map(([, array]) => array.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0)),
  );
  return {
    outputs: distance(results, 'outputs', expected.outputs),
    states: Math.max(0, ...states.map(([name, array]) => distance(results, name, array))),
    gradients:
      gradients.length === 0
        ? undefined
        : Math.max(...gradients.map(([name, array]) => distance(results, name, array))) / largest,
  };
}

/** The largest of each difference. */
export function largest(all: readonly Differences[]): Differences {
  const gradients = all.flatMap((found) => found.gradients ?? []);
  return {
    outputs: Math.max(...all.map(({ outputs }) => outputs)),
    states: Math.max(...all.map(({ states }) => states)),
    gradients: gradients.length === 0 ? undefined : Math.max(...gradients),
  };
}

/** The largest of the differences. NaN if any is. */
export function worstOf({ outputs, states, gradients = 0 }: Differences): number {
  return Math.max(outputs, states, gradients);
}

function distance(results: ReadonlyMap<string, ArrayLike<number>>, name: string, { data }: FlatArray): number {
  const found = results.get(name);
  if (found === undefined) throw new Error(`there is no result "${name}"`);
  if (found.length !== data.length) throw new Error(`"${name}" has ${found.length} numbers, the vector ${data.length}`);
  return data.reduce((most, x, index) => Math.max(most, Math.abs(x - (found[index] ?? Number.NaN))), 0);
}
