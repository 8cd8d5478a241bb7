import { readFileSync } from 'node:fs';
import { readNpy, readZip, writeNpy, writeZip } from '@rheo/data';

const sample = new URL('../../../apps/quickstart/data/walker2d-sample.zip', import.meta.url);

/** The first rows of the first rollouts of the bundled sample. */
export function tinyRollouts(count = 3, rows = 160): { name: string; data: Uint8Array }[] {
  const entries = readZip(new Uint8Array(readFileSync(sample)), { file: 'sample' });
  return entries
    .filter(({ name }) => name.endsWith('.npy'))
    .slice(0, count)
    .map(({ name, data }) => {
      const { shape, data: numbers } = readNpy(data, { file: name });
      const columns = shape[1] ?? 0;
      const kept = Float64Array.from(numbers as Float64Array).subarray(0, rows * columns);
      return { name, data: writeNpy({ dtype: 'f64', shape: [rows, columns], data: kept }) };
    });
}

/** An archive with few windows, which trains in moments. */
export function tinyWalker(): Uint8Array {
  return writeZip(tinyRollouts());
}
