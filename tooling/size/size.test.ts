import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { measureBundle } from './bundle.ts';

// A ceiling moves only in the commit that decides it.
test('the inference bundle is at most 60 KB gzipped, and holds nothing of training or of files', async () => {
  const size = await measureBundle(fileURLToPath(new URL('inference-entry.ts', import.meta.url)));
  console.log(`inference bundle: ${size.minified} bytes minified, ${size.gzipped} gzipped`);
  const paths = size.inputs.map(([path]) => path);
  expect(paths.filter((path) => /packages\/(train|data|cli|conformance|rheo)\//.test(path))).toEqual([]);
  expect(paths.filter((path) => path.includes('/gradient/'))).toEqual([]);
  const largest = size.inputs.slice(0, 12).map(([path, bytes]) => `${bytes} ${path}`);
  expect(size.gzipped, `largest parts, before minification:\n${largest.join('\n')}`).toBeLessThanOrEqual(60 * 1024);
  // An entry that stopped exporting what it measures would pass for the wrong reason.
  expect(paths.some((path) => path.endsWith('backend-wasm/src/runtime/wasm.ts'))).toBe(true);
  expect(paths.some((path) => path.endsWith('layers/src/cfc.ts'))).toBe(true);
});
