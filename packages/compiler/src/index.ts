/**
 * From a Program to loop kernels and a memory plan, for any target that generates code.
 */

export { formatSteps } from './format.ts';
export * from './kernels.ts';
export { lower } from './lower.ts';
export type { MemoryPlan } from './plan.ts';
export { planMemory } from './plan.ts';
export type { CoupledAxis, TileAnalysis, TileAxis } from './tiles.ts';
export { analyseTiles } from './tiles.ts';
export { collapse } from './views.ts';
