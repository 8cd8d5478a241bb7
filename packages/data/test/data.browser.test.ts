import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, it } from 'vitest';
import {
  DataError,
  fitPreparation,
  readArrow,
  readCsv,
  readNpy,
  readParquet,
  readSafetensors,
  readZip,
  writeNpy,
  writeSafetensors,
  writeZip,
} from '../src/index.ts';

it('the formats work in a page as they do in Node', () => {
  const array = { dtype: 'f32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } as const;
  const [entry] = readZip(writeZip([{ name: 'folder/ä.npy', data: writeNpy(array) }]));
  expect(entry?.name).toBe('folder/ä.npy');
  expect(readNpy(entry?.data ?? new Uint8Array())).toEqual(array);
  expect(readSafetensors(writeSafetensors(new Map([['w', array]]))).tensors.get('w')).toEqual(array);
  expect(() => readZip(new Uint8Array(3))).toThrow(DataError);
});

it('a file that a user chose becomes sequences, from CSV, Parquet and Arrow alike', async () => {
  const t = Array.from({ length: 3000 }, (_, i) => i);
  const x = t.map((i) => Math.sin(i));
  const csv = `t,x\n${t.map((i) => `${i},${x[i]}`).join('\n')}\n`;
  const file = new File([csv], 'my.csv', { type: 'text/csv' });
  const parquet = parquetWriteBuffer({
    columnData: [
      { name: 't', data: t, type: 'DOUBLE' },
      { name: 'x', data: x, type: 'DOUBLE' },
    ],
  });
  const arrow = tableToIPC(tableFromArrays({ t: Float64Array.from(t), x: Float64Array.from(x) }));
  const tables = [
    await readCsv(file, { file: file.name }),
    await readCsv(file.stream()),
    await readParquet(new Blob([parquet])),
    await readArrow(arrow),
  ];
  const made = tables.map((table) => fitPreparation(table, { task: 'forecast', time: 't', target: 'x' }).train);
  // 2,099 training rows have a target: starts 0, 16, … 2032, and a last window that ends with the last row.
  expect(made[0]?.count).toBe(129);
  for (const one of made) expect(one).toEqual(made[0]);
});
