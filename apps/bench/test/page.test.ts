/** A measurement in a real browser: right numbers and a time, and an engine that is not for pages is not asked. */
import { expect, it } from 'vitest';
import { findChromium, noChromiumReason } from '../../../tooling/vitest/chromium.ts';
import { openPage } from '../src/page/run-in-page.ts';

it('measures in Chromium', { timeout: 240_000 }, async (context) => {
  if (findChromium() === undefined) return context.skip(noChromiumReason);
  const page = await openPage();
  try {
    expect(page.engine).toMatch(/^Chromium \d+\./);
    const effort = { warmRuns: 2, warmMs: 100, rounds: 1, timedMs: 20 };
    const { results, refusals } = await page.measure({
      shape: 'stream',
      mode: 'stream',
      contenders: ['wasm', 'torch'],
      effort,
    });
    expect(refusals).toEqual([]);
    expect(results.map(({ name }) => name)).toEqual(['wasm']);
    expect(results[0]?.usPerStep).toBeGreaterThan(0);
  } finally {
    await page.close();
  }
});
