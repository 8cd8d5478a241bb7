/**
 * The C compiler as a finding: `rheo export --format c` runs what it writes with it, and the native backend is built by it.
 */

import { systemCompiler } from '../c-compiler.ts';
import type { Finding } from './finding.ts';

/** Looks for the compiler that an export would use. */
export function findCompiler(environment: NodeJS.ProcessEnv = process.env): Finding {
  const { command, version, chosen } = systemCompiler(environment);
  const name = command.join(' ');
  if (version !== undefined) return { name, state: 'ok', detail: version };
  return {
    name,
    state: 'missing',
    detail: `${chosen ? 'CC names it, and it does not run' : 'no cc, clang or gcc was found'}; only exported C and the native backend need one`,
    remedy: installation[process.platform] ?? { advice: 'Install clang or gcc' },
  };
}

const installation: { readonly [platform: string]: Finding['remedy'] } = {
  linux: { advice: 'Install gcc or clang with the packages of your system: apt install gcc, dnf install gcc' },
  darwin: { command: 'xcode-select --install' },
  win32: { command: 'winget install LLVM.LLVM' },
};
