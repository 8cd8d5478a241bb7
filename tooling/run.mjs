/**
 * The one way in: `node tooling/run.mjs COMMAND [ARGS]`, for a clone with nothing but Node and npm, and an empty home directory.
 *
 * It installs what the command needs (through npx, at the exact version package.json pins; what is installed already is left
 * alone), then runs the command from source. Installation talks on stderr only, so a command's stdout stays its own.
 * It has no dependencies, and it builds nothing but for benchmarks: sources run through tsx and vitest under the condition
 * "@rheo/source".
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const windows = process.platform === 'win32';
const env = {
  ...process.env,
  // vitest colours what goes to a file as well.
  ...(process.stdout.isTTY || 'FORCE_COLOR' in process.env ? {} : { NO_COLOR: '1' }),
  PATH: `${join(modules, '.bin')}${delimiter}${process.env.PATH ?? ''}`,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  npm_config_update_notifier: 'false',
};

/** Name to what runs. `needs` is the part of the workspace that must be installed: a package with its dependencies, or all. */
const commands = {
  start: { needs: '@rheo/quickstart', run: (args) => source('apps/quickstart', 'apps/quickstart/src/main.ts', args) },
  rheo: { needs: '@rheo/quickstart', run: (args) => source('apps/quickstart', 'packages/cli/src/main.ts', args) },
  parity: { needs: 'all', run: (args) => source('tooling', 'tooling/parity/main.ts', args) },
  conformance: { needs: 'all', run: (args) => source('tooling', 'tooling/conformance/main.ts', args) },
  backends: { needs: 'all', run: (args) => source('tooling', 'tooling/backends/main.ts', args) },
  agree: { needs: 'all', run: (args) => source('tooling', 'tooling/agree/main.ts', args) },
  serve: { needs: 'all', run: (args) => source('tooling', 'tooling/serve/main.ts', args) },
  bench: { needs: 'all', run: (args) => built('apps/bench', 'apps/bench/src/main.ts', args) },
  test: { needs: 'all', run: (args) => vitest(args) },
  check: { needs: 'all', run: (args) => check(args.includes('--without-tests')) },
  build: { needs: 'all', run: () => local('turbo/bin/turbo', ['run', 'build', '--output-logs=new-only']) },
  tarballs: { needs: 'all', run: () => source('.', 'tooling/tarballs/main.ts', []) },
  install: { needs: 'all', run: () => 0 },
};

/** What `pnpm check` looks at, in order; every stage runs even when an earlier one fails. */
const stages = {
  'format and lint': () =>
    local('@biomejs/biome/bin/biome', ['ci', '.', ...(process.stdout.isTTY ? [] : ['--colors=off'])]),
  types: async () =>
    (await local('typescript/bin/tsc', ['-b'])) || local('typescript/bin/tsc', ['-p', 'tsconfig.test.json']),
  structure: () => source('.', 'tooling/structure/main.ts', []),
  'unit tests': () => vitest(['--project', 'node']),
};

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  console.error(`run: no command "${name}"; there are ${Object.keys(commands).join(', ')}`);
  process.exitCode = 2;
} else {
  // Control-C reaches the child as well; this process waits for it and passes its exit code on.
  process.on('SIGINT', () => {});
  process.exitCode = (await install(command.needs)) || (await command.run(args));
}

/** Installs frozen, unless this lockfile is what the last installation of at least this much used. */
async function install(needs) {
  const stamp = join(modules, '.rheo-installed.json');
  const state = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'])
    state.update(readFileSync(join(root, file)));
  const lock = state.digest('hex');
  const before = existsSync(stamp) ? JSON.parse(readFileSync(stamp, 'utf8')) : {};
  const had = before.lock === lock ? before.installed : [];
  if (had.includes('all') || had.includes(needs)) return 0;

  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const pinned = packageManager.split('+')[0];
  const pnpm = existsSync(join(modules, 'pnpm')) ? [join(modules, '.bin', 'pnpm')] : ['npx', '-y', pinned];
  // The release-age check of the lockfile asks the registry about every package: worth it in CI, not for a first start.
  const trust = process.env.CI ? [] : ['--trust-lockfile'];
  const part = needs === 'all' ? [] : ['--filter', `${needs}...`];
  console.error(`Installing ${needs === 'all' ? 'the workspace' : 'what this needs'} with ${pinned} ...`);
  const flags = ['install', '--frozen-lockfile', '--reporter=append-only', ...trust, ...part];
  const code = await run([...pnpm, ...flags], { quiet: true });
  if (code !== 0) return code;
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, `${JSON.stringify({ lock, installed: [...had, needs] })}\n`);
  return 0;
}

/**
 * Runs a TypeScript file on the packages as they are published: what tsx makes of sources keeps names at every closure. It can
 * ask for garbage to be collected.
 */
async function built(folder, file, args) {
  return (await local('typescript/bin/tsc', ['-b'])) || source(folder, file, args, ['--expose-gc']);
}

/** Runs a TypeScript file from source, with the tsx that `folder` depends on. */
function source(folder, file, args, options = ['--conditions=@rheo/source']) {
  if (!existsSync(join(root, file))) {
    console.error(`run: ${file} does not exist in this checkout`);
    return 2;
  }
  const tsx = createRequire(join(root, folder, 'package.json')).resolve('tsx');
  const flags = [...options, `--import=${pathToFileURL(tsx).href}`];
  return run([process.execPath, ...flags, join(root, file), ...args]);
}

/** Runs a JavaScript file of a root dependency, in the root. */
function local(file, args) {
  return run([process.execPath, join(modules, file), ...args], { cwd: root });
}

function vitest(args) {
  return local('vitest/vitest.mjs', ['run', ...args]);
}

async function check(withoutTests) {
  const results = [];
  for (const [stage, start] of Object.entries(stages)) {
    if (withoutTests && stage === 'unit tests') continue;
    console.log(`\n== ${stage}`);
    const begun = Date.now();
    const code = await start();
    results.push({ stage, code, seconds: ((Date.now() - begun) / 1000).toFixed(1) });
  }
  console.log('');
  for (const { stage, code, seconds } of results)
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${stage} (${seconds} s)`);
  return results.some(({ code }) => code !== 0) ? 1 : 0;
}

/** Starts a program and gives its exit code. `quiet` sends its stdout to stderr. */
function run([file, ...args], { cwd = process.cwd(), quiet = false } = {}) {
  return new Promise((resolve) => {
    const shell = windows && file !== process.execPath;
    const stdio = ['inherit', quiet ? 2 : 'inherit', 'inherit'];
    const child = spawn(file, args, { cwd: quiet ? root : cwd, env, stdio, shell });
    child.on('error', (error) => {
      console.error(`run: cannot start ${file}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
