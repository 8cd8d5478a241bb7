/**
 * The C compiler, for models that are exported as C: the one that CC names, else the usual ones.
 */

import { spawnSync } from 'node:child_process';
import type { Finding } from './finding.ts';

/** Looks for a compiler and asks it for its version. */
export function findCompiler(environment: NodeJS.ProcessEnv = process.env): Finding {
  const { CC } = environment;
  const candidates = CC === undefined || CC === '' ? ['cc', 'clang', 'gcc'] : [CC];
  for (const candidate of candidates) {
    // CC may hold options, as in "ccache gcc".
    const [file = '', ...options] = candidate.split(/\s+/).filter((part) => part !== '');
    const { status, stdout } = spawnSync(file, [...options, '--version'], { env: environment, encoding: 'utf8' });
    if (status === 0) return { name: candidate, state: 'ok', detail: stdout.split('\n')[0]?.trim() ?? '' };
  }
  const named = CC !== undefined && CC !== '';
  return {
    name: named ? CC : 'cc',
    state: 'missing',
    detail: `${named ? 'CC names it, and it does not run' : 'no cc, clang or gcc was found'}; only exported C needs one`,
    remedy: installation[process.platform] ?? { advice: 'Install clang or gcc' },
  };
}

const installation: { readonly [platform: string]: Finding['remedy'] } = {
  linux: { advice: 'Install gcc or clang with the packages of your system: apt install gcc, dnf install gcc' },
  darwin: { command: 'xcode-select --install' },
  win32: { command: 'winget install LLVM.LLVM' },
};
