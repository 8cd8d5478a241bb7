/**
 * Emitters of kernels that gather: sums and maxima, places of maxima, additions at indices. A module of its own, as most
 * predictions do without, and pages then do not load it.
 */

export { emitArgmax } from './emit-argmax.ts';
export { emitReduce } from './emit-reduce.ts';
export { emitScatter } from './emit-scatter.ts';
export { emitSums } from './emit-sums.ts';
