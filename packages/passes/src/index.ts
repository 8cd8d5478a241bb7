/**
 * Program to Program: passes that keep a meaning, and rule tables that make new Programs from old ones.
 */

export { passes, passNames } from './all-passes.ts';
export type { Batched, BatchingRule } from './batching.ts';
export { batch, batchInline, batchInstruction, batchingRules } from './batching.ts';
export { commonSubexpressions } from './common-subexpressions.ts';
export { mergeDots, splitConcatDot } from './concat-dots.ts';
export { deadCode } from './dead-code.ts';
export type { Decomposition } from './decompositions.ts';
export { decompositions } from './decompositions.ts';
export { factor } from './factor.ts';
export { fold } from './fold.ts';
export { hoist } from './hoist.ts';
export { hoistStreamed } from './hoist-streamed.ts';
export { inlineCalls } from './inline-calls.ts';
export type { LegaliseOptions } from './legalise.ts';
export { legalise } from './legalise.ts';
export { optimise, standardPasses } from './optimise.ts';
export { optimiseLazily } from './optimise-lazily.ts';
export type { PassName, PassSwitches, StandardPassName } from './optimise-with.ts';
export { standardPassNames } from './optimise-with.ts';
export type { OptionalPasses, OptionalPassName } from './optional-passes.ts';
export { optionalPasses } from './optional-passes.ts';
export type { Pass, Visit } from './rebuild.ts';
export { again, copy, rebuild, withNested } from './rebuild.ts';
export type { RematerialiseOptions } from './rematerialise.ts';
export { rematerialise } from './rematerialise.ts';
export { foldAndSimplify, simplify } from './simplify.ts';
export type { SinkOptions } from './sink.ts';
export { sink } from './sink.ts';
export { sinkOutputs } from './sink-outputs.ts';
export { specialise } from './specialise.ts';
export { stable } from './stable.ts';
export type { Estimates } from './stacks.ts';
