/**
 * Judges one tarball by itself: publint (strict), attw (ES modules only), and our own list: licence, README and entry files inside,
 * no build information and no tests, a manifest without workspace:, catalog: or the source condition.
 */
import { execute } from './execute.ts';

const required: readonly string[] = ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'];
const forbiddenFile = /\.tsbuildinfo$|\/test\/|\.test\./;
const forbiddenInManifest: readonly string[] = ['workspace:', 'catalog:', '@rheo/source'];

/** Everything wrong with the tarball, as text for a person; empty when it is sound. */
export async function inspectTarball(tarball: string, cwd: string): Promise<string[]> {
  const [listing, manifest, publint, attw] = await Promise.all([
    execute('tar', ['-tzf', tarball], cwd),
    execute('tar', ['-xzOf', tarball, 'package/package.json'], cwd),
    execute('publint', ['run', tarball, '--strict'], cwd),
    execute('attw', [tarball, '--profile', 'esm-only', '--no-emoji'], cwd),
  ]);
  const problems: string[] = [];
  for (const outcome of [listing, manifest, publint, attw]) if (!outcome.ok) problems.push(outcome.text);
  const files = listing.text.split('\n');
  for (const file of required) if (!files.includes(`package/${file}`)) problems.push(`${file} is missing`);
  for (const file of files) if (forbiddenFile.test(file)) problems.push(`${file} must not be packed`);
  for (const word of forbiddenInManifest) {
    if (manifest.text.includes(word)) problems.push(`the packed manifest holds "${word}"`);
  }
  return problems;
}
