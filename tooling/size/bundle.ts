/**
 * Bundles one entry from source, minified for browsers, and measures it. It counts everything the entry exports, so the figure is
 * an upper bound for a page, whose bundler drops what the page does not use.
 */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Sizes in bytes, and the source files that ended in the bundle with the bytes each one takes, largest first. */
export interface BundleSize {
  readonly minified: number;
  readonly gzipped: number;
  readonly inputs: readonly (readonly [path: string, bytes: number])[];
}

/** Bundles the module at `entry` (an absolute path). A bare import that a browser cannot load is an error. */
export async function measureBundle(entry: string): Promise<BundleSize> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@rheo/source'],
    // Modules that only Node has are reached by import() at run time; they are no bytes of the page.
    external: ['node:*'],
    metafile: true,
    logLevel: 'silent',
  });
  const code = result.outputFiles[0]?.contents ?? new Uint8Array();
  const output = Object.values(result.metafile.outputs)[0];
  const inputs = Object.entries(output?.inputs ?? {}).map(
    ([path, { bytesInOutput }]) => [path, bytesInOutput] as const,
  );
  return {
    minified: code.length,
    gzipped: gzipSync(code, { level: 9 }).length,
    inputs: inputs.sort((a, b) => b[1] - a[1]),
  };
}
