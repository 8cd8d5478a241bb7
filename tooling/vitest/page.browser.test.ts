import { expect, test } from 'vitest';

// What the browser project promises to every browser test: a real, cross-origin isolated page.
test('the page is isolated, so that memory can be shared with workers', () => {
  expect(globalThis.crossOriginIsolated).toBe(true);
  expect(new SharedArrayBuffer(8).byteLength).toBe(8);
});
