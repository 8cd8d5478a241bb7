import { native } from '@rheo/backend-native';
import { parse, tensorType } from '@rheo/ir';

const backend = await native();

// y = tanh(x · W): any verified Program will do; models of @rheo/layers make theirs.
const program = parse(`program(%0: f32[1,2], %1: f32[2,3]) {
  %2: f32[1,3] = dot(%0, %1) contract=[[1],[0]] batch=[[],[]]
  %3: f32[1,3] = tanh(%2)
  return %3
}`);
const executable = await backend.compile(program);

// Weights are bound once and packed; a step then runs on plain arrays and allocates nothing.
const weights = backend.upload(Float32Array.of(1, 0, -1, 0.5, 1, 0.5), tensorType('f32', [2, 3]));
const step = executable.bind(new Map([[1, weights]]));
const y = new Float32Array(3);
step.runInto([Float32Array.of(1, 2)], [y]);
console.log(y);

await backend.dispose();
