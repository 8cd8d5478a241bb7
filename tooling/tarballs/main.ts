/**
 * Packs every package as it would be published and checks the tarball: publint (strict), attw (ES modules only), and its own list:
 * licence and README inside, no build information, and a manifest without workspace:, catalog: or the source condition.
 * Run it after a build, with node_modules/.bin on PATH. Exit code 1 when any package has a problem.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Outcome {
  readonly code: number;
  readonly text: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'rheo-tarballs-'));
let broken = 0;
try {
  for (const folder of readdirSync(join(root, 'packages')).sort()) {
    const problems = await checkPackage(folder);
    console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${folder}`);
    for (const problem of problems) console.log(problem.replace(/^/gm, '       '));
    broken += problems.length === 0 ? 0 : 1;
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
console.log(`tarballs: ${broken} packages with problems`);
process.exitCode = broken === 0 ? 0 : 1;

async function checkPackage(folder: string): Promise<string[]> {
  const target = join(out, folder);
  const packed = await run('pnpm', ['pack', '--pack-destination', target], join(root, 'packages', folder));
  const name = packed.code === 0 ? readdirSync(target)[0] : undefined;
  if (name === undefined) return [`pnpm pack failed:\n${packed.text}`];
  const tarball = join(target, name);
  const [listing, manifest, publint, attw] = await Promise.all([
    run('tar', ['-tzf', tarball], root),
    run('tar', ['-xzOf', tarball, 'package/package.json'], root),
    run('publint', ['run', tarball, '--strict'], root),
    run('attw', [tarball, '--profile', 'esm-only', '--no-emoji'], root),
  ]);
  const problems: string[] = [];
  if (publint.code !== 0) problems.push(`publint:\n${publint.text}`);
  if (attw.code !== 0) problems.push(`attw:\n${attw.text}`);
  const files = listing.text.split('\n');
  for (const file of ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']) {
    if (!files.includes(`package/${file}`)) problems.push(`${file} is missing from the tarball`);
  }
  for (const file of files.filter((path) => /\.tsbuildinfo$|\/test\/|\.test\./.test(path)))
    problems.push(`${file} must not be packed`);
  for (const word of ['workspace:', 'catalog:', '@rheo/source']) {
    if (manifest.text.includes(word)) problems.push(`the packed manifest holds "${word}"`);
  }
  return problems;
}

function run(file: string, args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, [...args], { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, text: error === null ? stdout : `${stdout}${stderr}${error.message}` });
    });
  });
}
