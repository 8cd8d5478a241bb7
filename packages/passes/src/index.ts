/**
 * Program to Program: passes that keep a meaning, and rule tables that make new Programs from old ones.
 */

export type { Batched, BatchingRule } from './batching.ts';
export { batch, batchInline, batchInstruction, batchingRules } from './batching.ts';
export { commonSubexpressions } from './common-subexpressions.ts';
export { deadCode } from './dead-code.ts';
export { fold } from './fold.ts';
export { hoist } from './hoist.ts';
export { hoistStreamed } from './hoist-streamed.ts';
export { inlineCalls } from './inline-calls.ts';
export type { PassName, PassSwitches } from './optimise.ts';
export { optimise, passes, passNames } from './optimise.ts';
export type { Pass } from './rebuild.ts';
export { foldAndSimplify, simplify } from './simplify.ts';
export type { SinkOptions } from './sink.ts';
export { sink } from './sink.ts';
export { sinkOutputs } from './sink-outputs.ts';
export { specialise } from './specialise.ts';
export type { Estimates } from './stacks.ts';
