import { adam, cfc, elapsedFromTimes, linear, meanSquaredError, sequential, train, wasm } from 'rheo';

const [count, steps, features, targetFeatures] = [32, 64, 1, 1]; // one sensor, read at uneven times
const times = Float64Array.from({ length: count * steps }, (_, i) => i + 0.4 * Math.sin(i * i));
const values = Float32Array.from(times, (t) => Math.sin(t / 3));
const targets = Float32Array.from(times, (t) => Math.sin((t + 1) / 3)); // what it reads one second later
const data = { values, targets, dt: elapsedFromTimes(times, { steps }), count, steps, features, targetFeatures };
const model = sequential([cfc({ units: 16 }), linear(1)]);
const options = { data, loss: meanSquaredError, optimizer: adam({ learningRate: 0.01 }), epochs: 30, seed: 7 };
const fitted = await train(model, { ...options, backend: await wasm() });
await fitted.save('model.safetensors');
const live = await fitted.stream();
console.log(`error ${fitted.history.at(-1)?.loss.toFixed(3)}, next reading ${live.step([0.5], 0.3)[0]?.toFixed(1)}`);
