/** `rheo doctor` where engines are installed, and where they are broken. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { readBackendName } from '../src/backends/backend-name.ts';
import { findCompiler } from '../src/doctor/c-compiler.ts';
import type { Finding } from '../src/doctor/finding.ts';
import { findingText } from '../src/doctor/finding-text.ts';
import { runCommand } from '../src/index.ts';
import { rheo } from './collect.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly ok: boolean;
  readonly simd: boolean;
  readonly threads: number;
  readonly backends: readonly Finding[];
  readonly compiler: Finding;
}
async function report(at: string): Promise<{ code: number; err: string; found: Report }> {
  const { code, out, err } = await rheo(at, ['doctor', '--json']);
  return { code, err, found: JSON.parse(out) as Report };
}
const one = ({ backends }: Report, wanted: string) => backends.find(({ name }) => name === wanted);

/** A project that has an engine of its own. */
function project(engine: string, version: string, code: string): string {
  const at = mkdtempSync(join(folder, 'project-'));
  const target = join(at, 'node_modules', engine);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name: engine, version, main: 'main.js' }));
  writeFileSync(join(target, 'main.js'), code);
  return at;
}

describe('where engines are installed', () => {
  it('runs every one before it is called ok, and says what it found', async () => {
    const { code, err, found } = await report(folder);
    expect({ code, err, ok: found.ok, simd: found.simd }).toEqual({ code: 0, err: '', ok: true, simd: true });
    expect(found.threads).toBeGreaterThan(0);
    // It needs a compiler and nothing else.
    const compiled = found.compiler.state === 'ok' ? ['native'] : [];
    for (const name of ['wasm', ...compiled, 'reference', 'onnx:cpu', 'onnx-web:wasm', 'tfjs:cpu', 'tfjs:wasm']) {
      const finding = one(found, name);
      expect(finding).toMatchObject({ state: 'ok', threads: 1 });
      // Zero would mean that float32 was compared with itself.
      expect(finding?.difference).toBeGreaterThan(0);
      expect(finding?.difference).toBeLessThan(1e-6);
    }
    const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
    expect(one(found, 'onnx:cpu')?.packages).toMatchObject([{ name: 'onnxruntime-node', version }]);
    expect(found.backends.filter(({ state }) => state === 'in pages').map(({ name }) => name)).toEqual([
      'onnx-web:webgpu',
      'onnx-web:webnn',
      'tfjs:webgl',
      'tfjs:webgpu',
    ]);
    // What it lists, --backend takes, or says that it is for pages.
    for (const { name, state } of found.backends) {
      if (state === 'in pages') expect(() => readBackendName(name)).toThrow('computes in pages');
      else expect(readBackendName(name).full).toBe(name);
    }
  }, 60_000);

  it.each([40, 80, 200])(
    'fits %i columns, with colours on a terminal and none in a pipe',
    async (columns) => {
      const shown = async (isTTY: boolean): Promise<string> => {
        const written: string[] = [];
        const out = { write: (text: string) => written.push(text), isTTY, columns };
        expect(await runCommand(['doctor'], { out, err: out, folder })).toBe(0);
        return written.join('');
      };
      const piped = await shown(false);
      expect(piped).not.toMatch(/[^\P{Cc}\n]/u);
      const coloured = await shown(true);
      if (process.env['NO_COLOR'] === undefined) expect(coloured).toContain('\u001b[32mok\u001b[39m');
      // Yellow, gray and dim, which white paper and some dark themes swallow.
      for (const code of [2, 33, 90, 93]) expect(coloured).not.toContain(`\u001b[${code}m`);
      const long = piped.split('\n').filter((line) => line.length > columns && !/^ *\$ /.test(line));
      // Words of an engine's own error, which cannot be broken.
      expect(long.filter((line) => line.trim().includes(' '))).toEqual([]);
      expect(piped).toMatch(/^ok {8}wasm/m);
      expect(piped).toMatch(/^in pages {2}onnx-web:webgpu/m);
      expect(piped).toContain('C compiler');
      expect(piped.replaceAll(/\s+/g, ' ')).toMatch(
        /All that is installed works: wasm, (native, )?reference, onnx:cpu/,
      );
    },
    60_000,
  );
});

describe('where an engine is broken', () => {
  it('does not believe one that computes wrong numbers', async () => {
    const real = createRequire(import.meta.url).resolve('onnxruntime-node');
    const { found, code } = await report(
      project(
        'onnxruntime-node',
        '7.7.7',
        `const real = require(${JSON.stringify(real)});
         const wrong = ({ data, dims }) => new real.Tensor('float32', data.map((x) => x * 1.001), dims);
         const create = async (...args) => {
           const session = await real.InferenceSession.create(...args);
           return {
             run: async (feeds) =>
               Object.fromEntries(Object.entries(await session.run(feeds)).map(([name, value]) => [name, wrong(value)])),
             release: () => session.release(),
           };
         };
         const listSupportedBackends = () => [{ name: 'cpu' }];
         module.exports = { Tensor: real.Tensor, InferenceSession: { create }, env: real.env, listSupportedBackends };`,
      ),
    );
    const finding = one(found, 'onnx:cpu');
    expect(finding).toMatchObject({ state: 'failed', packages: [{ version: '7.7.7' }] });
    expect(finding?.detail).toMatch(/^it computes wrong numbers: off by \d\.\de-\d, allowed is 0\.00001$/);
    expect({ code, ok: found.ok }).toEqual({ code: 0, ok: true });
  }, 60_000);

  it('says why one does not load, and that the default works', async () => {
    const at = project('onnxruntime-node', '1.2.3', "throw new Error('GLIBC_9 not found');");
    const { code, out } = await rheo(at, ['doctor']);
    expect(code).toBe(0);
    const text = out.replaceAll(/\s+/g, ' ');
    expect(text).toMatch(/failed onnx:cpu .*version 1\.2\.3 in .* does not load: GLIBC_9 not found Install it again/);
    expect(text).toContain('The default backend works; onnx:cpu failed.');
  }, 60_000);

  it('tells a provider that this machine lacks from an engine that is broken', async () => {
    const real = createRequire(import.meta.url).resolve('onnxruntime-node');
    const code = `const real = require(${JSON.stringify(real)});
      const create = async (model, options) => {
        if (options.executionProviders[0] !== 'cpu') throw new Error('/a/b.cc:12 f() x == y was false. No device');
        return real.InferenceSession.create(model, options);
      };
      const listSupportedBackends = () => ['cpu', 'cuda', 'abacus'].map((name) => ({ name }));
      module.exports = { Tensor: real.Tensor, InferenceSession: { create }, env: real.env, listSupportedBackends };`;
    const { found } = await report(project('onnxruntime-node', '8.8.8', code));
    expect(one(found, 'onnx:cpu')?.state).toBe('ok');
    expect(one(found, 'onnx:cuda')).toMatchObject({
      state: 'missing',
      remedy: { command: 'ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node' },
    });
    expect(one(found, 'onnx:abacus')).toMatchObject({
      state: 'missing',
      detail: expect.stringMatching(/does not run provider "abacus" here: No device$/),
      remedy: { advice: 'Choose one of cpu, cuda' },
    });
  }, 60_000);
});

describe('a provider whose libraries write to the terminal', () => {
  /** An engine whose provider of that name does `deed`, in whatever process. */
  const engineOf = (deed: string) => {
    const real = createRequire(import.meta.url).resolve('onnxruntime-node');
    return project(
      'onnxruntime-node',
      '9.9.9',
      `const real = require(${JSON.stringify(real)});
       const create = async (model, options) => {
         if (options.executionProviders[0] === 'cpu') return real.InferenceSession.create(model, options);
         require('node:fs').writeSync(2, 'Warning: no such library\\n');
         ${deed}
       };
       const listSupportedBackends = () => ['cpu', 'abacus'].map((name) => ({ name }));
       module.exports = { Tensor: real.Tensor, InferenceSession: { create }, env: real.env, listSupportedBackends };`,
    );
  };
  /** The command as a user runs it, with all that comes out of its process. */
  const doctorAt = async (at: string) => {
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const args = ['--conditions=@rheo/source', `--import=${tsx}`, main, 'doctor', '--json'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: at });
    return { found: JSON.parse(stdout) as Report, stderr };
  };

  it.each([
    ['does not run', "throw new Error('No device');", 'missing', /does not run provider "abacus" here: No device$/],
    ['kills its process', "process.kill(process.pid, 'SIGKILL');", 'failed', /\(SIGKILL\): Warning: no such library$/],
    ['exits', 'process.exit(7);', 'failed', /\(exit code 7\): Warning: no such library$/],
  ])(
    'one that %s is told, and its words are not on the screen',
    async (_, deed, state, says) => {
      const { found, stderr } = await doctorAt(engineOf(deed));
      expect(stderr).toBe('');
      expect(found.ok).toBe(true);
      expect(one(found, 'onnx:abacus')).toMatchObject({
        state,
        detail: expect.stringMatching(says),
        output: ['Warning: no such library'],
      });
    },
    60_000,
  );

  it('one that runs is created here as ever', async () => {
    const { found } = await doctorAt(
      engineOf("return real.InferenceSession.create(model, { ...options, executionProviders: ['cpu'] });"),
    );
    expect(one(found, 'onnx:abacus')).toMatchObject({ state: 'ok', output: ['Warning: no such library'] });
  }, 60_000);
});

describe('a finding as text', () => {
  const finding: Finding = {
    name: 'onnx:cpu',
    state: 'missing',
    detail: 'ONNX Runtime; onnxruntime-node is not installed',
    remedy: { command: 'npm install onnxruntime-node' },
  };

  it('stands in columns where there is room', () => {
    expect(findingText(finding, { width: 80, nameWidth: 10, colour: false })).toBe(
      [
        'missing   onnx:cpu    ONNX Runtime; onnxruntime-node is not installed',
        '                      $ npm install onnxruntime-node',
      ].join('\n'),
    );
  });

  it('stands under its name where there is none, commands unbroken', () => {
    expect(findingText(finding, { width: 30, nameWidth: 10, colour: false })).toBe(
      [
        'missing   onnx:cpu',
        '  ONNX Runtime;',
        '  onnxruntime-node is not',
        '  installed',
        '  $ npm install onnxruntime-node',
      ].join('\n'),
    );
  });
});

describe('the C compiler', () => {
  it('is the one that CC names, with its options', () => {
    const CC = `${process.execPath} --no-warnings`;
    expect(findCompiler({ CC })).toEqual({ name: CC, state: 'ok', detail: process.version });
  });

  it('is missing where CC names nothing that runs, or none is on the path', () => {
    const found = findCompiler({ CC: join(folder, 'no-such-compiler') });
    expect(found).toMatchObject({
      state: 'missing',
      detail: expect.stringMatching(/^CC names it, and it does not run/),
    });
    expect(findCompiler({ PATH: folder })).toMatchObject({ name: 'cc', state: 'missing' });
    expect(findCompiler({ PATH: folder }).remedy).toBeDefined();
  });
});
