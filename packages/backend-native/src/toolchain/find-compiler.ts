/**
 * Finds the C compiler of the system and asks it what it generates code for.
 *
 * `CC` is taken as the path of a program, never as words of a command; without it `cc`, `gcc` and `clang` are tried.
 * What the compiler predefines for this processor says which instructions there are, and is the identity under which
 * objects are kept: another compiler, version or processor never gets these.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { RheoError } from '@rheo/ir';
import type { Target } from '../codegen/target.ts';
import { targetOf } from '../codegen/target.ts';

/** A compiler that is there and works. */
export interface Compiler {
  /** Program to run. */
  readonly path: string;
  /** Its version in a few words: `GCC 12.2.0`. */
  readonly title: string;
  /** For every run that compiles or links. */
  readonly flags: readonly string[];
  /** For runs that link. */
  readonly linkFlags: readonly string[];
  /** Digest of compiler, version and processor. */
  readonly identity: string;
  readonly target: Target;
  /** Files that are compiled at the same time, at most. */
  readonly jobs: number;
}

/** Never -ffast-math: infinities, NaN and signed zeros must be right. Integers wrap, and memory has no types. */
const flags: readonly string[] = [
  '-std=gnu11',
  '-O2',
  '-ffp-contract=fast',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fwrapv',
  '-fno-strict-aliasing',
  '-fno-asynchronous-unwind-tables',
  '-fPIC',
  '-pthread',
  '-w',
];

const linkFlags: readonly string[] = ['-shared'];

/** How compilers are told to generate code for the processor that they run on. */
const nativeFlags: readonly (readonly string[])[] = [['-march=native'], ['-mcpu=native'], []];

let found: Promise<Compiler> | undefined;

/** The compiler of this process's environment, looked for once. Throws `capability` if there is none. */
export function findCompiler(): Promise<Compiler> {
  found ??= search(process.env['CC']).catch((error: unknown) => {
    found = undefined;
    throw error;
  });
  return found;
}

/** Looks for a compiler; `cc` is the value of the environment variable. */
export async function search(cc: string | undefined): Promise<Compiler> {
  if (process.platform === 'win32') {
    throw fail('runs on Linux and macOS, not on Windows', 'Use the wasm backend here, or WSL');
  }
  const named = cc !== undefined && cc !== '';
  for (const path of named ? [cc] : ['cc', 'gcc', 'clang']) {
    const compiler = await probe(path);
    if (compiler !== undefined) return compiler;
  }
  if (named) {
    throw fail(
      `the environment variable CC is "${cc}", and that is no C compiler that can be run`,
      'Set CC to the path of gcc or clang, without options, or unset it',
    );
  }
  throw fail('needs a C compiler, and there is no cc, gcc or clang', installation());
}

async function probe(path: string): Promise<Compiler | undefined> {
  for (const native of nativeFlags) {
    const text = await run(path, [...native, '-dM', '-E', '-x', 'c', '-']);
    if (text === undefined || !text.includes('__GNUC__')) continue;
    const macros = new Map(
      text.split('\n').map((line) => {
        const [, name = '', ...value] = line.split(' ');
        return [name, value.join(' ')] as const;
      }),
    );
    const version = macros.get('__VERSION__')?.replaceAll('"', '') ?? '';
    const clang = macros.has('__clang__');
    return {
      path,
      title: clang ? version : `GCC ${version}`,
      flags: [...flags, ...native],
      linkFlags,
      identity: createHash('sha256').update(`${path}\n${text}`).digest('hex'),
      target: targetOf(new Set(macros.keys())),
      jobs: availableParallelism(),
    };
  }
  return undefined;
}

/** What a program writes to standard output when its input is empty; undefined if it cannot be run or fails. */
function run(path: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = execFile(path, args, { maxBuffer: 2 ** 22, timeout: 60_000 }, (error, output) => {
      resolve(error === null ? output : undefined);
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end();
  });
}

function installation(): string {
  if (process.platform === 'darwin') return 'Run: xcode-select --install, or use the wasm backend';
  return 'Install one (Debian, Ubuntu: apt-get install gcc libc6-dev; Fedora: dnf install gcc; Alpine: apk add gcc musl-dev), or use the wasm backend';
}

function fail(what: string, remedy: string): RheoError {
  return new RheoError('capability', { from: '@rheo/backend-native', what, remedy });
}
