/**
 * Whether this machine has a C compiler: the native backend's tests build with it, and are one skip that says so where
 * there is none. With RHEO_REQUIRE_C=1 (CI) a missing one is an error.
 */
import { spawnSync } from 'node:child_process';

/** What a run without a C compiler says. */
export const noCompilerReason: string =
  'no C compiler found: tests of the native backend are skipped (apt-get install gcc libc6-dev, or set CC)';

/** True if the program that CC names, or else cc, gcc or clang, can be run. */
export function hasCompiler(env: NodeJS.ProcessEnv = process.env): boolean {
  const named = env['CC'];
  const programs = named === undefined || named === '' ? ['cc', 'gcc', 'clang'] : [named];
  const found = programs.some((program) => spawnSync(program, ['--version'], { stdio: 'ignore', env }).status === 0);
  if (!found && env['RHEO_REQUIRE_C'] === '1') {
    throw new Error('no C compiler found, and RHEO_REQUIRE_C=1 demands one: apt-get install gcc libc6-dev, or set CC');
  }
  return found;
}
