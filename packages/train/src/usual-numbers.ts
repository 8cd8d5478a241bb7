/**
 * How much training data of a size usually wants, for those who do not say.
 */

/** Steps of the optimizer after which a model of some ten thousand parameters has usually learnt what it will. */
const usualSteps = 3000;

/** Sequences in a batch: 32 at most, and few enough for a few steps in each epoch. */
export function usualBatchSize(sequences: number): number {
  const eighth = 2 ** Math.floor(Math.log2(Math.max(1, sequences / 8)));
  return Math.min(32, Math.max(1, eighth));
}

/** Epochs of so many steps each: about 3000 steps, between 10 epochs and 100. */
export function usualEpochs(stepsPerEpoch: number): number {
  return Math.min(100, Math.max(10, Math.round(usualSteps / stepsPerEpoch)));
}
