import { evaluate, hash, ProgramBuilder, parse, print, referenceBackend, tensorType } from '@rheo/ir';

// A leaky integrator: h' = h + (x − h) / 2, over a sequence of any length.
const step = new ProgramBuilder();
const h = step.param(tensorType('f32', [2]), 'h');
const x = step.param(tensorType('f32', [2]), 'x');
const half = step.fill('f32', [2], 0.5);
const next = step.plain('add', h, step.plain('mul', step.plain('sub', x, h), half));

const builder = new ProgramBuilder();
const start = builder.param(tensorType('f32', [2]), 'start');
const xs = builder.param(tensorType('f32', ['time', 2]), 'xs');
const results = builder.emit('scan', [start, xs], {
  body: step.build([next, next]),
  length: 'time',
  reverse: false,
  consts: 0,
  carries: 1,
});
const program = builder.build(results);

console.log(print(program));
console.log(hash(program) === hash(parse(print(program)))); // true

// The meaning, on plain arrays: last state, then every state. "time" follows from the lengths.
const [last, states] = evaluate(program, [
  [0, 0],
  [1, 2, 1, 2, 1, 2],
]);
console.log(last, states); // 0.875 1.75 and 0.5 1 0.75 1.5 0.875 1.75

// The same through the contract that every backend keeps.
const backend = referenceBackend();
const executable = await backend.compile(program);
const zeros = backend.upload(new Float32Array(2), tensorType('f32', [2]));
const sequence = backend.upload(Float32Array.of(1, 2, 1, 2), tensorType('f32', [2, 2]));
for (const tensor of executable.run([zeros, sequence])) console.log(tensor.type, await backend.read(tensor));
await backend.dispose();
