/**
 * What this backend reaches on this machine at best: small Programs of one kernel each, measured as models are.
 *
 * A product of matrices that stay in the second-level cache, exp or tanh of many elements, copies or sums that stay in
 * the cache, and copies that do not. Kernels of a model are compared with these.
 */

import { compile } from '@rheo/core';
import type { Backend, ProfileEntry, Program } from '@rheo/ir';
import { parse } from '@rheo/ir';
import { madeUp } from './profiled-program.ts';

/** Rates in a second. */
export interface Peaks {
  readonly flops: number;
  readonly functions: number;
  /** Bytes read and written, in the cache. */
  readonly cacheBytes: number;
  /** Bytes read and written, beyond every cache. */
  readonly memoryBytes: number;
}

const product = `program(%0: f32[128,256], %1: f32[256,256]) {
  %2: f32[128,256] = dot(%0, %1) contract=[[1],[0]] batch=[[],[]]
  return %2
}`;
const sums = `program(%0: f32[32,64]) {
  %1: f32[64] = reduce_sum(%0) axes=[0]
  return %1
}`;
const elementwise = (op: string, count: number): string => `program(%0: f32[${count}]) {
  %1: f32[${count}] = ${op}(%0)
  return %1
}`;

/** Elements that fit into a first-level cache together with their results, into a second-level one, and into none. */
const [nearest, inCache, inMemory] = [2 ** 11, 2 ** 14, 2 ** 23];

/** Measures the peaks; takes some seconds. `undefined` where the backend cannot profile. */
export async function measurePeaks(backend: Backend): Promise<Peaks | undefined> {
  const rate = async (text: string, kernel: string, of: keyof ProfileEntry & ('flops' | 'functions' | 'bytes')) => {
    const entries = await entriesOf(backend, parse(text));
    const entry = entries?.find((one) => one.kernel.startsWith(kernel));
    return entry === undefined ? undefined : entry[of] / entry.seconds;
  };
  const flops = await rate(product, 'product', 'flops');
  // Functions differ in what they cost: none of a model shall seem faster than the machine.
  const tanh = await rate(elementwise('tanh', inCache), 'map', 'functions');
  const exp = await rate(elementwise('exp', inCache), 'map', 'functions');
  const functions = tanh === undefined || exp === undefined ? undefined : Math.max(tanh, exp);
  const copied = await rate(elementwise('neg', nearest), 'map', 'bytes');
  const summed = await rate(sums, 'reduce', 'bytes');
  // A sum only reads, and a processor reads faster than it writes.
  const cacheBytes = copied === undefined || summed === undefined ? undefined : Math.max(copied, summed);
  const memoryBytes = await rate(elementwise('neg', inMemory), 'map', 'bytes');
  if (flops === undefined || functions === undefined || cacheBytes === undefined || memoryBytes === undefined) return;
  return { flops, functions, cacheBytes, memoryBytes };
}

/** The better of two measurements at each: what else runs on the machine slows some of them down. */
export function bestOf(a: Peaks, b: Peaks): Peaks {
  return {
    flops: Math.max(a.flops, b.flops),
    functions: Math.max(a.functions, b.functions),
    cacheBytes: Math.max(a.cacheBytes, b.cacheBytes),
    memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
  };
}

async function entriesOf(backend: Backend, program: Program): Promise<readonly ProfileEntry[] | undefined> {
  const executable = await compile(backend, program);
  const inputs = executable.inputs.map((type) => backend.upload(madeUp(type), type));
  const profile = await executable.profile?.(inputs);
  for (const input of inputs) input.dispose();
  executable.dispose();
  return profile?.entries;
}

/**
 * The share of its peak that a kernel reaches: the least time for its counted work over its time. Arithmetic, then
 * functions, follow each other; bytes move beside them, at the rate of the cache.
 */
export function shareOfPeak({ flops, functions, bytes, seconds }: ProfileEntry, peaks: Peaks): number {
  const least = Math.max(flops / peaks.flops + functions / peaks.functions, bytes / peaks.cacheBytes);
  return seconds > 0 ? least / seconds : 0;
}
