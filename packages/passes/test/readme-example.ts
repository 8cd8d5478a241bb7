import { parse, print } from '@rheo/ir';
import { optimise, specialise } from '@rheo/passes';

const program = parse(`program(%0: f32[batch,8]) {
  %1: f32[8,batch] = transpose(%0) permutation=[1,0]
  %2: f32[batch,8] = transpose(%1) permutation=[1,0]
  %3: f32[batch,8] = tanh(%2)
  return %3
}`);
console.log(print(optimise(specialise(program, { batch: 32 }), { sink: false })));
