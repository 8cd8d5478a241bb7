/** How much each class counts in the loss, from the setting and from how often it is the target of a training part. */

import type { Preparation, SequenceSource } from '@rheo/data';
import { nearestName } from '../backends/nearest-name.ts';
import { misuse } from '../failure.ts';
import type { ClassWeights } from '../settings/class-weights.ts';

/** Sequences gathered at a time. */
const batchSize = 256;

/** Weights in the order of the classes. */
export interface CountedClasses {
  readonly weights: readonly number[];
  readonly note: string;
}

/**
 * The weights that a setting means; `balanced` are items / (classes · items of the class), so that every class counts alike
 * and their mean over the items is 1. Throws `argument` for a label that there is not, and where there are no classes.
 */
export async function countedClasses(
  given: ClassWeights | null | undefined,
  { classes, targets }: Preparation,
  source: SequenceSource,
): Promise<CountedClasses | undefined> {
  if (given === undefined || given === null) return undefined;
  if (classes === null) {
    throw misuse('only classes have weights', '--class-weights', 'Use --task classification, or leave it out');
  }
  const weights = given === 'balanced' ? balanced(await countsOf(source, classes.length)) : named(given, classes);
  const shown = classes.map((label, c) => `${label}: ${Number((weights[c] ?? 0).toPrecision(3))}`).join(', ');
  return { weights, note: `Weights of the classes of ${targets[0]?.column} are ${shown}.` };
}

function named(given: Exclude<ClassWeights, 'balanced'>, classes: readonly string[]): number[] {
  const unknown = Object.keys(given).find((label) => !classes.includes(label));
  if (unknown !== undefined) {
    const near = nearestName(unknown, classes);
    const remedy = near === undefined ? `There are ${classes.slice(0, 20).join(', ')}` : `Did you mean ${near}?`;
    throw misuse(`there is no class ${JSON.stringify(unknown.slice(0, 60))}`, '--class-weights', remedy);
  }
  return classes.map((label) => (Object.hasOwn(given, label) ? (given[label] ?? 1) : 1));
}

function balanced(counts: readonly number[]): number[] {
  const items = counts.reduce((a, b) => a + b, 0);
  const present = counts.filter((count) => count > 0).length;
  // A class without an item weighs nothing in any loss.
  return counts.map((count) => (count === 0 ? 1 : items / (present * count)));
}

/** Items of each class: those that the loss is a mean over. */
async function countsOf(source: SequenceSource, classes: number): Promise<number[]> {
  const { count, steps, features, at } = source;
  const counts = new Array<number>(classes).fill(0);
  const each = at === 'step' ? steps : 1;
  for (let from = 0; from < count; from += batchSize) {
    const rows = Math.min(batchSize, count - from);
    const targets = new Float32Array(rows * each);
    const mask = new Uint8Array(rows * steps);
    const indices = Int32Array.from({ length: rows }, (_, row) => from + row);
    const values = new Float32Array(rows * steps * features);
    await source.gather(indices, { values, dt: new Float32Array(rows * steps), targets, mask });
    targets.forEach((label, item) => {
      if (at === 'step' && mask[item] !== 1) return;
      counts[label] = (counts[label] ?? 0) + 1;
    });
  }
  return counts;
}
