import { batches, checkSequences, elapsedFromTimes, type SequenceData } from '@rheo/data';

// Two sensors read at uneven times: 2 sequences of 3 steps with 1 feature; predict the next value.
const times = [0, 0.5, 1.5, 10, 10.25, 12];
const data: SequenceData = {
  values: Float32Array.of(1, 2, 3, 4, 5, 6),
  dt: elapsedFromTimes(times, { steps: 3 }),
  targets: Float32Array.of(2, 3, 4, 5, 6, 7),
  count: 2,
  steps: 3,
  features: 1,
  targetFeatures: 1,
};
checkSequences(data); // throws a DataError with row and step if anything is amiss

for (const batch of batches(data, { batchSize: 1, shuffle: 7, layout: 'time-major' })) {
  console.log(`sequence ${batch.index}: values ${batch.values}, elapsed ${batch.dt}`);
}
