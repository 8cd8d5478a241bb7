import type { Tableau } from './tableau.ts';

/** Explicit Euler, order 1: y' = y + h f(t, y). */
export const euler: Tableau = { name: 'euler', order: 1, nodes: [0], stages: [[]], weights: [1] };
