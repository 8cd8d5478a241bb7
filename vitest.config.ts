import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { hasCompiler } from './tooling/vitest/c-compiler.ts';
import { chromiumFlags, findChromium } from './tooling/vitest/chromium.ts';

const chromium = findChromium();
const compiler = hasCompiler();
const source = '@rheo/source';
const serverConditions = [source, ...defaultServerConditions];
const tfjsPackages = ['core', 'backend-cpu', 'backend-wasm', 'backend-webgl', 'backend-webgpu'].map(
  (name) => `@tensorflow/tfjs-${name}`,
);
const browserTests = ['packages', 'apps'].map((folder) => `${folder}/*/test/**/*.browser.test.ts`);
browserTests.push('tooling/**/*.browser.test.ts');

export default defineConfig({
  test: {
    // The advertisement of an engine at its first use is no news.
    onConsoleLog: (log) => (log.includes('looks like you are running TensorFlow.js in Node.js') ? false : undefined),
    reporters: ['default', './tooling/vitest/reporter.ts', './tooling/vitest/conformance-reporter.ts'],
    projects: [
      {
        resolve: { conditions: serverConditions },
        ssr: { resolve: { conditions: serverConditions } },
        test: {
          name: 'node',
          pool: 'forks',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tooling/**/*.test.ts'],
          exclude: [
            '**/node_modules/**',
            '**/dist/**',
            ...browserTests,
            'tooling/vitest/no-chromium.test.ts',
            compiler ? 'tooling/vitest/no-compiler.test.ts' : 'packages/backend-native/test/**',
          ],
          testTimeout: 30_000,
        },
      },
      {
        resolve: { conditions: [source, ...defaultClientConditions] },
        // Found while a test runs, these would make the page load again in its midst.
        optimizeDeps: { include: tfjsPackages },
        // The two headers are all that SharedArrayBuffer needs.
        server: {
          headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
        },
        test: {
          name: 'browser',
          testTimeout: 30_000,
          include: chromium === undefined ? ['tooling/vitest/no-chromium.test.ts'] : browserTests,
          ...(chromium === undefined
            ? {}
            : {
                browser: {
                  enabled: true,
                  headless: true,
                  screenshotFailures: false,
                  instances: [{ browser: 'chromium' as const }],
                  provider: playwright({ launchOptions: { executablePath: chromium, args: [...chromiumFlags] } }),
                },
              }),
        },
      },
    ],
  },
});
