import { expect, it } from 'vitest';
import { DataError, readNpy, readSafetensors, readZip, writeNpy, writeSafetensors, writeZip } from '../src/index.ts';

it('the formats work in a page as they do in Node', () => {
  const array = { dtype: 'f32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } as const;
  const [entry] = readZip(writeZip([{ name: 'folder/ä.npy', data: writeNpy(array) }]));
  expect(entry?.name).toBe('folder/ä.npy');
  expect(readNpy(entry?.data ?? new Uint8Array())).toEqual(array);
  expect(readSafetensors(writeSafetensors(new Map([['w', array]]))).tensors.get('w')).toEqual(array);
  expect(() => readZip(new Uint8Array(3))).toThrow(DataError);
});
