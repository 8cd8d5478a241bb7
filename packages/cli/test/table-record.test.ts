/** The preparation travels in the model file: what is read back prepares a new table to the same numbers. */
import { fitPreparation, prepare, readCsv } from '@rheo/data';
import { describe as describeModel, initialise, linear, modelFromDescription } from '@rheo/layers';
import { fromCheckpoint, toCheckpoint } from '@rheo/train';
import { expect, it } from 'vitest';
import { fromTableExtra, toTableExtra } from '../src/table-record.ts';

const csv = `time,kind,x,y
2024-05-01 08:00,a,1,up
2024-05-01 08:10,b,2,down
2024-05-01 08:25,a,,down
2024-05-01 08:35,b,4,up
`;

it('comes back from a model file and reads tables as the one that was written', async () => {
  const table = await readCsv(csv);
  const { preparation, train } = fitPreparation(table, {
    task: 'classification',
    time: 'time',
    target: 'y',
    split: { validation: 0, test: 0 },
  });
  const model = modelFromDescription(JSON.parse(JSON.stringify(describeModel(linear(2)))));
  const parameters = initialise(model, { features: train.features, seed: 1 });
  const written = {
    preparation,
    dataNames: ['a.csv'],
    usual: [1],
    measured: { part: 'test', figures: { accuracy: 0.5 } },
  };
  const bytes = toCheckpoint({ model, features: train.features, parameters }, toTableExtra(written));

  const { extra } = fromCheckpoint(bytes);
  const read = fromTableExtra(extra, 'm.safetensors');
  expect(read).toEqual(written);
  const again = prepare(table, read?.preparation ?? preparation, { purpose: 'evaluate' }).data;
  expect(again.values).toEqual(train.values);
  expect(again.targets).toEqual(train.targets);
  expect(read?.preparation.classes).toEqual(['down', 'up']);
});

it('is absent where a model was trained on no table, and refused where it is damaged', () => {
  expect(fromTableExtra({ task: 'walker2d' }, 'm')).toBeUndefined();
  expect(() => fromTableExtra({ preparation: { format: 'rheo.preparation' } }, 'm.safetensors')).toThrow(
    /m\.safetensors: preparation\.version is missing/,
  );
});
