/**
 * A C compiler for tests: found once, run without a shell in a folder of its own.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Flags under which generated C must be free of warnings. */
export const strict = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-pedantic'];

/** Version line of a compiler, or undefined if there is none. */
export function findCompiler(command: string = 'cc'): string | undefined {
  try {
    return execFileSync(command, ['--version'], { encoding: 'utf8' }).split('\n')[0];
  } catch {
    return undefined;
  }
}

/** Compiles one file and runs it on bytes; returns what it writes. */
export function compileAndRun(
  source: string,
  input: Uint8Array,
  options: { command?: string; flags?: readonly string[]; libraries?: readonly string[] } = {},
): Buffer {
  const { command = 'cc', flags = [...strict, '-O1'], libraries = ['-lm'] } = options;
  const folder = mkdtempSync(join(tmpdir(), 'rheo-c-'));
  try {
    const file = join(folder, 'test.c');
    const program = join(folder, 'test');
    writeFileSync(file, source);
    execFileSync(command, [...flags, file, '-o', program, ...libraries], { stdio: ['ignore', 'pipe', 'pipe'] });
    return execFileSync(program, [], { input, maxBuffer: 1 << 28 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** True if programs can be built with the address and undefined behaviour sanitizers. */
export function findSanitizers(): boolean {
  try {
    compileAndRun('int main(void) { return 0; }', new Uint8Array(), { flags: ['-fsanitize=address,undefined'] });
    return true;
  } catch {
    return false;
  }
}
