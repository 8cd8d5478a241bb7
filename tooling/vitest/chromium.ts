/**
 * Finds the system's Chromium and the flags it is started with.
 *
 * The browser is never downloaded: it is Debian's package, or whatever RHEO_CHROMIUM names. With RHEO_REQUIRE_BROWSER=1 (CI) a
 * missing browser is an error; otherwise browser tests become one skip that says why.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names: readonly string[] = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The path of a Chromium binary, or undefined when there is none. Throws when RHEO_REQUIRE_BROWSER=1 and there is none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['RHEO_CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (!existsSync(named))
      throw new Error(`RHEO_CHROMIUM names ${named}, which does not exist; name a Chromium binary or unset it`);
    return named;
  }
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    for (const name of names) {
      const path = join(folder, name);
      if (existsSync(path)) return path;
    }
  }
  if (env['RHEO_REQUIRE_BROWSER'] === '1') {
    throw new Error(
      'no Chromium found, and RHEO_REQUIRE_BROWSER=1 demands one: apt-get install chromium, or set RHEO_CHROMIUM',
    );
  }
  return undefined;
}

/** Command line flags: no sandbox for root, and no traffic of the browser's own. */
export const chromiumFlags: readonly string[] = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** What a run without a browser says. */
export const noChromiumReason: string =
  'no Chromium found: browser tests are skipped (apt-get install chromium, or set RHEO_CHROMIUM)';
