/**
 * A built page under a strict content security policy: the WebAssembly backend passes the conformance kit and runs a model in the
 * page and in a module worker, with no `unsafe-eval`, no blob: worker and no file beside the scripts. This is outside vitest's browser mode, whose own pages
 * do not run under such a policy.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import type { InlineConfig } from 'vite';
import { build, defaultClientConditions, preview } from 'vite';
import { expect, test } from 'vitest';
import { chromiumFlags, findChromium, noChromiumReason } from '../vitest/chromium.ts';
import type { PageOutcome } from './page/main.ts';

const policy =
  "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:";

/** The kit runs all passes itself, so what others load later is here from the start. */
const quiet = { checks: { ineffectiveDynamicImport: false } };

test('the backend conforms and a model runs, in a page and in a worker, under the policy', {
  timeout: 240_000,
}, async (context) => {
  const executablePath = findChromium();
  if (executablePath === undefined) return context.skip(noChromiumReason);

  const outDir = mkdtempSync(join(tmpdir(), 'rheo-csp-'));
  try {
    const configuration: InlineConfig = {
      configFile: false,
      root: fileURLToPath(new URL('page', import.meta.url)),
      logLevel: 'warn',
      resolve: { conditions: ['@rheo/source', ...defaultClientConditions] },
      worker: { format: 'es', rolldownOptions: quiet },
      build: {
        outDir,
        emptyOutDir: true,
        target: 'es2022',
        modulePreload: { polyfill: false },
        assetsInlineLimit: 0,
        rolldownOptions: quiet,
      },
      preview: { port: 0, host: '127.0.0.1', headers: { 'Content-Security-Policy': policy } },
    };
    await build(configuration);
    const files = readdirSync(outDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    // The page, its script, the worker's, and parts of either that are loaded when they are needed: scripts, all of them.
    const kinds = files.map((entry) => entry.name.replace(/^.*\./, '')).sort();
    expect([...new Set(kinds)]).toEqual(['html', 'js']);
    expect(kinds.filter((kind) => kind === 'html')).toHaveLength(1);

    const server = await preview(configuration);
    const browser = await chromium.launch({ executablePath, args: [...chromiumFlags] });
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
      await page.goto(server.resolvedUrls?.local[0] ?? '');
      await page.waitForFunction(() => 'outcome' in globalThis, undefined, { timeout: 180_000 });
      const outcome = (await page.evaluate('outcome')) as PageOutcome;
      expect(complaints).toEqual([]);
      expect(outcome.evalBlocked).toBe(true);
      for (const { error, result } of [outcome.page, outcome.worker]) {
        expect(error).toBeUndefined();
        expect(result?.failures).toEqual([]);
        expect(result?.cases).toBeGreaterThan(100);
        expect(result).toMatchObject({ skipped: 0, leaked: 0 });
        expect(result?.sequenceError).toBeLessThan(1e-5);
        expect(result?.streamError).toBeLessThan(1e-5);
      }
    } finally {
      await browser.close();
      await server.close();
    }
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
});
