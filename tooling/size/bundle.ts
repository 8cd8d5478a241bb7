/**
 * Bundles one entry from source as a user's production build does (vite: tree shaking, minification), and measures it.
 */
import { gzipSync } from 'node:zlib';
import { build, defaultClientConditions } from 'vite';

/**
 * Sizes in bytes of what is loaded with the entry, and the source files that ended there with the bytes each one has,
 * largest first. What code imports only when it is asked for something is a file of its own and does not count.
 */
export interface BundleSize {
  readonly minified: number;
  readonly gzipped: number;
  readonly inputs: readonly (readonly [path: string, bytes: number])[];
}

/** Bundles the module at `entry` (an absolute path). An import that a browser cannot load is an error. */
export async function measureBundle(entry: string): Promise<BundleSize> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@rheo/source', ...defaultClientConditions] },
    build: {
      write: false,
      target: 'es2022',
      lib: { entry, formats: ['es'] },
      // A library build keeps white space by default, for the next bundler; a page's build does not.
      rolldownOptions: { output: { minify: true } },
    },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((result) =>
    'output' in result ? result.output : [],
  );
  const chunks = outputs.flatMap((output) => (output.type === 'chunk' ? [output] : []));
  const asset = outputs.find(({ type }) => type !== 'chunk');
  if (asset !== undefined) throw new Error(`the bundle has a file beside its code: ${asset.fileName}`);
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const imported of chunks.find(({ fileName }) => fileName === file)?.imports ?? []) load(imported);
  };
  for (const { isEntry, fileName } of chunks) if (isEntry) load(fileName);
  const inputs: [string, number][] = [];
  let code = '';
  for (const output of chunks) {
    if (!loaded.has(output.fileName)) continue;
    code += output.code;
    for (const [path, { renderedLength }] of Object.entries(output.modules)) inputs.push([path, renderedLength]);
  }
  return {
    minified: Buffer.byteLength(code),
    gzipped: gzipSync(code, { level: 9 }).length,
    inputs: inputs.sort((a, b) => b[1] - a[1]),
  };
}
