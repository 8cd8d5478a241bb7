/**
 * Threads in pages as servers send them: isolated or not, and under policies that allow blob: workers or do not. The page
 * and a worker of it get threads where they can, and else one thread and a note that says why and what to do; a number
 * of threads that cannot be had is refused with the same words. Nothing but scripts is served.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright';
import { chromium } from 'playwright';
import type { InlineConfig } from 'vite';
import { build, defaultClientConditions, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumFlags, findChromium, noChromiumReason } from '../vitest/chromium.ts';
import type { PageOutcome } from './page/main.ts';

const executablePath = findChromium();
const outDir = mkdtempSync(join(tmpdir(), 'rheo-threads-'));
const configuration: InlineConfig = {
  configFile: false,
  root: fileURLToPath(new URL('page', import.meta.url)),
  logLevel: 'warn',
  resolve: { conditions: ['@rheo/source', ...defaultClientConditions] },
  worker: { format: 'es' },
  build: { outDir, emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
};

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const policy = (workers: string) => ({
  'Content-Security-Policy': `default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src ${workers}; img-src data:`,
});

describe.skipIf(executablePath === undefined)(
  `threads in a page${executablePath ? '' : ` (${noChromiumReason})`}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      await build(configuration);
      browser = await chromium.launch({ ...(executablePath && { executablePath }), args: [...chromiumFlags] });
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      rmSync(outDir, { recursive: true, force: true });
    });

    /** Opens the page behind these headers; tells what it found, once no worker is left. */
    async function open(headers: Record<string, string>): Promise<PageOutcome> {
      const server = await preview({ ...configuration, preview: { port: 0, host: '127.0.0.1', headers } });
      const page = await browser.newPage();
      try {
        const complaints: string[] = [];
        page.on('pageerror', (error) => complaints.push(error.message));
        await page.goto(server.resolvedUrls?.local[0] ?? '');
        await page.waitForFunction(() => 'outcome' in globalThis, undefined, { timeout: 100_000 });
        const outcome = (await page.evaluate('outcome')) as PageOutcome;
        expect(complaints).toEqual([]);
        // Their ends are told a moment later.
        const left = (): number => page.workers().filter((worker) => worker.url().startsWith('blob:')).length;
        await expect.poll(left, { timeout: 20_000 }).toBe(0);
        return outcome;
      } finally {
        await page.close();
        await server.close();
      }
    }

    it('serves nothing but scripts', () => {
      const files = readdirSync(outDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(new Set(files.map(({ name }) => name.replace(/^.*\./, '')))).toEqual(new Set(['html', 'js']));
    });

    it.each([
      ['isolated', isolation],
      ['isolated without credentials', { ...isolation, 'Cross-Origin-Embedder-Policy': 'credentialless' }],
      ['isolated, under a policy that allows blob: workers', { ...isolation, ...policy("'self' blob:") }],
    ])(
      '%s, has the threads it asks for',
      async (_, headers) => {
        const outcome = await open(headers);
        expect(outcome.isolated).toBe(true);
        for (const result of [outcome.page, outcome.worker]) {
          expect(result).toMatchObject({ three: { threads: 3 }, equal: true });
          expect(result).toHaveProperty('sum', expect.any(Number));
          const { auto, sum } = result as PageOutcome['page'];
          expect(sum).toBeGreaterThan(1);
          if (auto.threads > 1) expect(auto.notes).toContain(`${auto.threads} threads`);
          else expect(auto.notes).toContain('one thread: there is one processor');
        }
      },
      120_000,
    );

    it.each([
      ['not isolated', {}, /the page is not cross-origin isolated.*Cross-Origin-Opener-Policy: same-origin/],
      [
        'isolated, under a policy without blob: workers',
        { ...isolation, ...policy("'self'") },
        /the page may not start workers from blob: addresses.*worker-src blob:/,
      ],
    ])(
      '%s, has one thread and says why',
      async (_, headers, reason) => {
        const outcome = await open(headers);
        for (const result of [outcome.page, outcome.worker]) {
          expect(result).toMatchObject({
            auto: { threads: 1, notes: expect.arrayContaining([expect.stringMatching(reason)]) },
            three: { code: 'capability', message: expect.stringMatching(reason) },
            equal: true,
          });
        }
      },
      120_000,
    );
  },
);
