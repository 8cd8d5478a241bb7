import type { Tableau } from './tableau.ts';

/** Heun's method (the explicit trapezoid), order 2. */
export const heun: Tableau = {
  name: 'heun',
  order: 2,
  nodes: [0, 1],
  stages: [[], [1]],
  weights: [1 / 2, 1 / 2],
};
