import { writeFileSync } from 'node:fs';
import { exportTorch } from '@rheo/interop';
import { autoNcp, cfc, initialise } from '@rheo/layers';

const model = cfc({ wiring: autoNcp(19, 4, { seed: 7 }), mode: 'no_gate' });
const parameters = initialise(model, { features: 5, seed: 7 }); // or those of a training run, or of a file
const { bytes, config, tensors } = exportTorch(model, parameters, { features: 5 });
writeFileSync('rnn.pt', bytes);
writeFileSync('rnn.json', JSON.stringify(config));
console.log(`${tensors.length} tensors, from ${tensors[0]?.name} [${tensors[0]?.shape}] to ${tensors.at(-1)?.name}`);
