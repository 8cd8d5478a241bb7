/**
 * Runs measurements in headless Chromium: serves the sources as a page and asks it, one shape and mode at a time.
 *
 * The page is isolated across origins, which gives it the finest clock that pages have.
 */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { createServer, defaultClientConditions } from 'vite';
import { chromiumFlags, findChromium, noChromiumReason } from '../../../../tooling/vitest/chromium.ts';
import type { Measurement } from '../measure.ts';
import type { PageRequest } from './main.ts';

/** A page that measures. */
export interface MeasuringPage {
  /** Name and version of the browser. */
  readonly engine: string;
  measure(request: PageRequest): Promise<Measurement>;
  close(): Promise<void>;
}

const repository = fileURLToPath(new URL('../../../..', import.meta.url));

/** Opens the page. Throws where there is no Chromium. */
export async function openPage(): Promise<MeasuringPage> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(`bench: ${noChromiumReason}`);
  const server = await createServer({
    configFile: false,
    root: repository,
    logLevel: 'error',
    resolve: { conditions: ['@rheo/source', ...defaultClientConditions] },
    // Found while a measurement runs, these would make the page load again in its midst.
    optimizeDeps: {
      include: [
        '@tensorflow/tfjs-core',
        '@tensorflow/tfjs-core/dist/register_all_gradients.js',
        '@tensorflow/tfjs-backend-cpu',
        '@tensorflow/tfjs-backend-wasm',
      ],
      exclude: ['onnxruntime-web', '@jax-js/jax'],
    },
    server: {
      port: 0,
      host: '127.0.0.1',
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    },
  });
  await server.listen();
  const browser = await chromium.launch({ executablePath, args: [...chromiumFlags] });
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    await page.goto(`${server.resolvedUrls?.local[0] ?? ''}apps/bench/src/page/index.html`);
    await page.waitForFunction(() => 'answer' in globalThis, undefined, { timeout: 120_000 });
    return {
      engine: `Chromium ${browser.version()}`,
      measure: (request) =>
        page.evaluate(
          (asked) => (globalThis as unknown as { answer(asked: PageRequest): Promise<Measurement> }).answer(asked),
          request,
        ),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
