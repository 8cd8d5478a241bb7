/**
 * What runs in the page and in the worker: one Program on one thread and on those that can be had, and what a fixed number
 * of threads gives there.
 */
import { wasm } from '@rheo/backend-wasm';
import type { Backend, Program } from '@rheo/ir';
import { elementCount, isRheoError, parse } from '@rheo/ir';

/** Facts for the test to judge. */
export interface ProgramResult {
  /** Threads and notes of `threads: 'auto'`. */
  readonly auto: { readonly threads: number; readonly notes: readonly string[] };
  /** Threads of `threads: 3`, or why there are none. */
  readonly three: { readonly threads: number } | { readonly code: string; readonly message: string };
  /** True if results are bit-equal to those of one thread. */
  readonly equal: boolean;
  /** Sum over the results, so that nothing equals nothing. */
  readonly sum: number;
}

/** 64 rows, each a scan over time; about two million operations. */
const program: Program = parse(`program(%0: f32[64,32,16], %1: f32[16,16], %2: f32[16]) {
  %3: f32[64,16], %4: f32[64,32,16] = scan(%1, %2, %0) length=64 reverse=false consts=2 carries=0 body=program(%0: f32[16,16], %1: f32[16], %2: f32[32,16]) {
    %3: f32[16], %4: f32[32,16] = scan(%0, %1, %2) length=32 reverse=false consts=1 carries=1 body=program(%0: f32[16,16], %1: f32[16], %2: f32[16]) {
      %3: f32[16] = add(%1, %2)
      %4: f32[16] = dot(%0, %3) contract=[[1],[0]] batch=[[],[]]
      %5: f32[16] = tanh(%4)
      return %5, %4
    }
    return %3, %4
  }
  return %3, %4
}`);

/** Tries what there is. */
export async function runProgram(): Promise<ProgramResult> {
  const alone = await wasm();
  const wanted = await run(alone);
  await alone.dispose();
  const auto = await wasm({ threads: 'auto', leastWork: 0 });
  const { threads, notes } = auto.capabilities;
  const equal = [await run(auto)];
  await auto.dispose();
  let three: ProgramResult['three'];
  try {
    const backend = await wasm({ threads: 3, leastWork: 0 });
    three = { threads: backend.capabilities.threads };
    for (let time = 0; time < 20; time++) equal.push(await run(backend));
    await backend.dispose();
  } catch (error) {
    if (!isRheoError(error)) throw error;
    three = { code: error.code, message: error.message };
  }
  return {
    auto: { threads, notes },
    three,
    equal: equal.every((bits) => bits.length === wanted.length && bits.every((bit, index) => bit === wanted[index])),
    sum: new Float32Array(wanted.buffer).reduce((sum, x) => sum + Math.abs(x), 0),
  };
}

/** Results of one run, end to end, as bits. */
async function run(backend: Backend): Promise<Int32Array> {
  const executable = await backend.compile(program);
  const inputs = program.params.map(({ type }, seed) =>
    backend.upload(
      Float32Array.from({ length: elementCount(type.shape) }, (_, i) => Math.sin((i + 1) * (seed + 1.7)) / 2),
      type,
    ),
  );
  const bits: number[] = [];
  for (const result of executable.run(inputs)) bits.push(...new Int32Array((await backend.read(result)).buffer));
  return Int32Array.from(bits);
}
