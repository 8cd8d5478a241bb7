import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { measureBundle } from './bundle.ts';

// A ceiling moves only in the commit that decides it.
const ceilings = [{ entry: 'inference-entry.ts', gzipped: 60 * 1024 }];

test.each(ceilings)('$entry is at most $gzipped bytes, gzipped', async ({ entry, gzipped }) => {
  const size = await measureBundle(fileURLToPath(new URL(entry, import.meta.url)));
  const largest = size.inputs.slice(0, 10).map(([path, bytes]) => `${bytes} ${path}`);
  console.log(`${entry}: ${size.minified} bytes minified, ${size.gzipped} gzipped`);
  expect(size.gzipped, `largest parts:\n${largest.join('\n')}`).toBeLessThanOrEqual(gzipped);
});

test('nothing of training, data or tools ends in the inference bundle', async () => {
  const size = await measureBundle(fileURLToPath(new URL('inference-entry.ts', import.meta.url)));
  const strangers = size.inputs
    .map(([path]) => path)
    .filter((path) => /packages\/(train|data|cli|conformance|rheo)\//.test(path));
  expect(strangers).toEqual([]);
});
