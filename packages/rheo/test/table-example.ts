import { readFile } from 'node:fs/promises';
import { loadTableModel, trainTable, wasm } from 'rheo';

const backend = await wasm();
const columns = { time: 'time', group: 'sensor', target: 'power' };
const signal = AbortSignal.timeout(600_000); // or a controller's, to stop with what was learnt
const onEpoch = ({ epoch = 0, loss = 0 }) => console.error(`epoch ${epoch}: loss ${loss.toFixed(4)}`);
const options = { ...columns, epochs: 20, onEpoch, signal, backend };
const model = await trainTable(await readFile('sensors.csv'), { task: 'forecast', ...options });
await model.save('power.safetensors');
const again = loadTableModel(await readFile('power.safetensors'), { backend }); // in another program, say
const { keys, values } = (await again.predict(await readFile('today.csv'))).at(-1) ?? {};
console.log(`sensor ${keys}: ${Number(values?.['power']).toFixed(0)} W in ten minutes`);
