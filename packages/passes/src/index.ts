/**
 * Program to Program: passes that keep a meaning, and rule tables that make new Programs from old ones.
 */

export { commonSubexpressions } from './common-subexpressions.ts';
export { deadCode } from './dead-code.ts';
export { fold } from './fold.ts';
export { inlineCalls } from './inline-calls.ts';
export type { Pass } from './rebuild.ts';
export { foldAndSimplify, simplify } from './simplify.ts';
export { specialise } from './specialise.ts';
