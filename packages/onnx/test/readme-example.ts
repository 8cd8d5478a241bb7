import { parse } from '@rheo/ir';
import { toOnnx } from '@rheo/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';

// y = tanh(x · kernel) for any number of rows: any verified Program will do; models of @rheo/layers make theirs.
const program = parse(`program(%0: f32[batch,2] "x", %1: f32[2,3] "kernel") {
  %2: f32[batch,3] = dot(%0, %1) contract=[[1],[0]] batch=[[],[]]
  %3: f32[batch,3] = tanh(%2)
  return %3
}`);

// The kernel is stored in the file; x stays an input, and so does the number of its rows.
const bytes = toOnnx(program, {
  weights: new Map([[1, Float32Array.of(1, 0, -1, 0.5, 1, 0.5)]]),
  names: { inputs: ['x', 'kernel'], outputs: ['y'] },
  metadata: { model: 'example' },
});

const session = await InferenceSession.create(bytes);
const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2, 0, 0), [2, 2]) });
console.log(y?.dims, y?.data);
await session.release();
