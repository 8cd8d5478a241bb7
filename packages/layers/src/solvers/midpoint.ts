import type { Tableau } from './tableau.ts';

/** The explicit midpoint method, order 2: y' = y + h f(t + h/2, y + h/2 f(t, y)). */
export const midpoint: Tableau = {
  name: 'midpoint',
  order: 2,
  nodes: [0, 1 / 2],
  stages: [[], [1 / 2]],
  weights: [0, 1],
};
