import { writeFileSync } from 'node:fs';
import { exportC } from '@rheo/interop';
import { cfc, initialise, linear, sequential } from '@rheo/layers';

const model = sequential([cfc({ units: 16, backboneUnits: 32 }), linear(1)]);
const parameters = initialise(model, { features: 3, seed: 7 }); // or those of a training run, or of a file
const { source, flashBytes, ramBytes } = exportC(model, parameters, { features: 3, name: 'gait' });
writeFileSync('gait.h', source);
console.log(`${flashBytes} bytes of tables, ${ramBytes} bytes for each state`);
