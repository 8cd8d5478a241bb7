import { channelNames, denormalise, fitPreparation, prepare, readCsv } from '@rheo/data';

const csv = `sensor,time,temperature,power
a,2024-05-01 08:00,20.5,110
a,2024-05-01 08:10,21,120
a,2024-05-01 08:25,,150
a,2024-05-01 08:35,23.5,170
b,2024-05-01 08:00,19,100
b,2024-05-01 08:10,19.5,105
b,2024-05-01 08:20,20,110
b,2024-05-01 08:40,22,130
`;
const table = await readCsv(csv); // or bytes, a File, a stream
const { preparation, train, notes } = fitPreparation(table, {
  task: 'forecast',
  time: 'time',
  group: 'sensor',
  target: 'power',
  split: { by: 'series', validation: 0, test: 0.5 },
});
for (const note of notes) console.log(note);
console.log(`${train.count} sequences of ${train.steps} steps: ${channelNames(preparation).join(', ')}`);

// The preparation is plain JSON, kept beside the model; new tables are read by it, and predictions get their units back.
const { data } = prepare(await readCsv(csv), JSON.parse(JSON.stringify(preparation)));
console.log(`${data.count} sequences of rows ${data.rows}`);
console.log(`a model's output of 0 means ${denormalise(preparation, [0])[0]}`);
