/**
 * Ways to draw the synapses between two groups of neurons, in the order of ncps' NCP wirings; [-1, 1] decides polarity.
 * Whatever is left without a synapse by a fan-out or fan-in gets its share afterwards.
 */

import type { LegacyRandom } from './legacy-random.ts';
import type { Polarity } from './synapse-draft.ts';

/** The groups and what sets a synapse between a source and a target. */
export interface Projection {
  readonly random: LegacyRandom;
  readonly sources: readonly number[];
  readonly targets: readonly number[];
  connect(source: number, target: number, polarity: Polarity): void;
}

/**
 * Each source to `fanout` different targets, by source; then each target without a synapse from the mean number of
 * sources, at most `limit`.
 */
export function fanOut(projection: Projection, fanout: number, limit: number = projection.sources.length): void {
  const { random, sources, targets, connect } = projection;
  const forgotten = new Set(targets);
  for (const source of sources) {
    for (const target of chooseOf(random, targets, fanout)) {
      forgotten.delete(target);
      connect(source, target, evenPolarity(random));
    }
  }
  const mean = share(sources.length * fanout, targets.length, limit);
  for (const target of forgotten) {
    for (const source of chooseOf(random, sources, mean)) connect(source, target, evenPolarity(random));
  }
}

/** Each target from `fanin` different sources, by target; then each source without a synapse to the mean number of targets. */
export function fanIn({ random, sources, targets, connect }: Projection, fanin: number): void {
  const forgotten = new Set(sources);
  for (const target of targets) {
    for (const source of chooseOf(random, sources, fanin)) {
      forgotten.delete(source);
      connect(source, target, evenPolarity(random));
    }
  }
  const mean = share(targets.length * fanin, sources.length, targets.length);
  for (const source of forgotten) {
    for (const target of chooseOf(random, targets, mean)) connect(source, target, evenPolarity(random));
  }
}

/** `count` synapses between random pairs; a pair drawn twice has the later polarity. */
export function randomPairs({ random, sources, targets, connect }: Projection, count: number): void {
  for (let index = 0; index < count; index++) {
    const source = sources[random.below(sources.length)] ?? 0;
    const target = targets[random.below(targets.length)] ?? 0;
    connect(source, target, evenPolarity(random));
  }
}

function evenPolarity(random: LegacyRandom): Polarity {
  return random.below(2) === 0 ? -1 : 1;
}

function chooseOf(random: LegacyRandom, items: readonly number[], size: number): number[] {
  return random.choose(items.length, size).map((index) => items[index] ?? 0);
}

function share(synapses: number, among: number, limit: number): number {
  return Math.min(Math.max(Math.floor(synapses / among), 1), limit);
}
