/** A process of its own that compiles and runs a Program: prints the results, and what the backend has to say of itself. */
import { parse, tensorType } from '@rheo/ir';
import { native } from '../src/index.ts';

const [cacheFolder = ''] = process.argv.slice(2);
const backend = await native({ cacheFolder });
const program = parse(`program(%0: f32[4,64]) {
${Array.from({ length: 40 }, (_, i) => `  %${i + 1}: f32[4,64] = ${['tanh', 'sin', 'exp'][i % 3]}(%${i})`).join('\n')}
  %41: f32[4] = reduce_sum(%40) axes=[1]
  return %41
}`);
const executable = await backend.compile(program);
const x = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i));
const [y] = executable.run([backend.upload(x, tensorType('f32', [4, 64]))]);
const results = y === undefined ? [] : Array.from(backend.readSync(y));
console.log(JSON.stringify({ results, notes: backend.capabilities.notes }));
await backend.dispose();
