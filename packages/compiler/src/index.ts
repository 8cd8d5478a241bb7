/**
 * From a Program to loop kernels and a memory plan, for any target that generates code.
 */

export { affine, axisNames, Lines, loopName, place } from './c/c-context.ts';
export type { Dialect } from './c/dialect.ts';
export { c99 } from './c/dialect.ts';
export { floatLiteral } from './c/literals.ts';
export type { PrintCOptions, PrintedC } from './c/print-c.ts';
export { printC } from './c/print-c.ts';
export { comment, commentText, identifierPart, isIdentifier } from './c/text.ts';
export * as coefficients from './coefficients.ts';
export type { CollapsedKernel } from './collapse-kernel.ts';
export { collapseKernel } from './collapse-kernel.ts';
export { formatSteps } from './format.ts';
export * from './kernels.ts';
export { legalProgram, switchablePasses } from './legal-program.ts';
export type { LocalCode } from './local/local-executable.ts';
export { LocalExecutable } from './local/local-executable.ts';
export type { ElementKind, Elements, LocalMemory } from './local/local-memory.ts';
export { LocalStore, localDTypes } from './local/local-store.ts';
export type { LocalTensor } from './local/local-tensor.ts';
export type { Spans } from './local/sharing.ts';
export { mayShare, spansOf } from './local/sharing.ts';
export type { Signature } from './local/signature.ts';
export { signatureOf } from './local/signature.ts';
export { keptIsContiguous, orderForSums } from './loop-order.ts';
export type { LowerOptions } from './lower.ts';
export { lower } from './lower.ts';
export { nodeLevels } from './node-levels.ts';
export { operationsIn } from './operations-in.ts';
export type { MemoryPlan, PlanOptions } from './plan.ts';
export { planMemory } from './plan.ts';

export type { KernelSite } from './profile/kernel-sites.ts';
export { kernelSites } from './profile/kernel-sites.ts';
export type { ProfileTarget } from './profile/measure-profile.ts';
export { measureProfile } from './profile/measure-profile.ts';
export type { KernelStep, Work } from './profile/work.ts';
export { workOf } from './profile/work.ts';

export type { CoupledAxis, TileAnalysis, TileAxis } from './tile/analyse-tiles.ts';
export { analyseTiles } from './tile/analyse-tiles.ts';
export type { ChunkOptions } from './tile/chunk-scans.ts';
export { chunkScans } from './tile/chunk-scans.ts';
export { sinkSlices } from './tile/sink-slices.ts';
export type { TileOptions } from './tile/tile-program.ts';
export { rowsPerTile, tileProgram } from './tile/tile-program.ts';
export { collapse } from './views.ts';
