/**
 * A small task with irregular time: predict the next value of a sine, sampled at uneven times.
 */

import type { SequenceData } from '@rheo/data';

export function sineData(count: number, steps: number, offset = 0): SequenceData {
  const values = new Float32Array(count * steps);
  const dt = new Float32Array(count * steps);
  const targets = new Float32Array(count * steps);
  for (let row = 0; row < count; row++) {
    let time = offset + row * 1.7;
    for (let step = 0; step < steps; step++) {
      const at = row * steps + step;
      dt[at] = 0.25 + 0.25 * ((row + 3 * step) % 3);
      time += dt[at] ?? 0;
      values[at] = Math.sin(time);
      targets[at] = Math.sin(time + 0.5);
    }
  }
  return { values, dt, targets, count, steps, features: 1, targetFeatures: 1 };
}
