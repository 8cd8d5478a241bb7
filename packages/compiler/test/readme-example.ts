import { analyseTiles, formatSteps, lower, planMemory } from '@rheo/compiler';
import { parse } from '@rheo/ir';

const program = parse(`program(%0: f32[32,8], %1: f32[8,16], %2: f32[16]) {
  %3: f32[32,16] = dot(%0, %1) contract=[[1],[0]] batch=[[],[]]
  %4: f32[32,16] = broadcast(%2) shape=[32,16] axes=[1]
  %5: f32[32,16] = add(%3, %4)
  %6: f32[32,16] = tanh(%5)
  return %6
}`);
const lowered = lower(program);
console.log(formatSteps(lowered));
console.log(planMemory(lowered).bytes);
console.log(analyseTiles(program).parallel.map(({ size }) => size));
