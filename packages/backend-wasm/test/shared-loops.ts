/** Programs with loops to share out, and their runs. */
import type { DeviceTensor, Program, TensorData } from '@rheo/ir';
import { elementCount, parse } from '@rheo/ir';
import type { WasmBackend } from '../src/index.ts';

/**
 * Rows are independent: within one, a scan over time keeps a state, with products and a backward pass; weights and their
 * packed form belong to all rows. Sums over rows come afterwards.
 */
export const rows = (count: number): Program =>
  parse(`program(%0: f32[${count},4,8], %1: f32[8,8], %2: f32[8]) {
  %3: f32[8,8] = tanh(%1)
  %4: f32[${count},8], %5: f32[${count},4,8], %6: f32[${count},4,8] = scan(%3, %2, %0) length=${count} reverse=false consts=2 carries=0 body=program(%0: f32[8,8], %1: f32[8], %2: f32[4,8]) {
    %3: f32[8], %4: f32[4,8] = scan(%0, %1, %2) length=4 reverse=false consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[8], %2: f32[8]) {
      %3: f32[8] = add(%1, %2)
      %4: f32[8] = dot(%0, %3) contract=[[1],[0]] batch=[[],[]]
      %5: f32[8] = tanh(%4)
      return %5, %4
    }
    %5: f32[8], %6: f32[4,8] = scan(%0, %3, %4) length=4 reverse=true consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[8], %2: f32[8]) {
      %3: f32[8] = mul(%1, %2)
      %4: f32[8] = dot(%0, %3) contract=[[0],[0]] batch=[[],[]]
      return %4, %3
    }
    return %5, %4, %6
  }
  %7: f32[8] = reduce_sum(%4) axes=[0]
  return %7, %5, %6
}`);

/** Numbers without a pattern, the same for every call. */
export function numbersFor({ params }: Program): Float32Array[] {
  return params.map(({ type }, seed) =>
    Float32Array.from({ length: elementCount(type.shape) }, (_, i) => Math.sin((i + 1) * (seed + 1.7))),
  );
}

/** Results of one run as bits, so that equal means equal in every bit. */
export async function bitsOf(backend: WasmBackend, program: Program, times = 1): Promise<Uint8Array[]> {
  const executable = await backend.compile(program);
  const data = numbersFor(program);
  const inputs = program.params.map(({ type }, index) => backend.upload(data[index] as TensorData, type));
  let results: readonly DeviceTensor[] = [];
  for (let time = 0; time < times; time++) {
    for (const tensor of results) tensor.dispose();
    results = executable.run(inputs);
  }
  const bits = results.map((tensor) => {
    const { buffer, byteOffset, byteLength } = backend.readSync(tensor);
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  for (const tensor of [...inputs, ...results]) tensor.dispose();
  executable.dispose();
  return bits;
}
