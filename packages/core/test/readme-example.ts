import type { Tensor } from '@rheo/core';
import { add, compile, matmul, reduceMean, scan, square, sub, tanh, trace, valueAndGrad } from '@rheo/core';
import { referenceBackend, tensorType } from '@rheo/ir';

// A small recurrent network and its loss, as plain functions on symbolic tensors.
type Weights = { readonly input: Tensor; readonly state: Tensor };

function loss({ input, state }: Weights, xs: Tensor, start: Tensor, target: Tensor): Tensor {
  const [last] = scan((h: Tensor, x: Tensor) => [tanh(add(matmul(x, input), matmul(h, state))), []], start, xs);
  return reduceMean(square(sub(last, target)));
}

// Traced once: value and gradient are one Program, for any number of steps.
const f32 = (...shape: (number | string)[]) => tensorType('f32', shape);
const { program } = trace(
  (weights: Weights, xs: Tensor, start: Tensor, target: Tensor) => {
    const { value, gradient } = valueAndGrad(loss)(weights, xs, start, target);
    return [value, gradient];
  },
  [{ input: f32(1, 2), state: f32(2, 2) }, f32('time', 1), f32(2), f32(2)],
);

// Run by any backend; here by the reference interpreter.
const backend = referenceBackend();
const executable = await compile(backend, program);
const inputs = [
  [0.5, -0.5],
  [0.1, 0.2, 0.3, 0.4],
  [1, 2, 3],
  [0, 0],
  [1, -1],
];
const handles = inputs.map((data, index) => {
  const type = program.params[index]?.type ?? f32();
  const shape = type.shape.map((dim) => (dim === 'time' ? 3 : dim));
  return backend.upload(Float32Array.from(data), { dtype: 'f32', shape });
});
for (const result of executable.run(handles)) console.log(result.type.shape, await backend.read(result));
await backend.dispose();
