/**
 * The C compiler of this system: the one that CC names, else cc, clang or gcc, whichever is first to say its version.
 */

import { spawnSync } from 'node:child_process';

/** A compiler. */
export interface Compiler {
  /** How it is started: CC may hold arguments, as in "ccache gcc". */
  readonly command: readonly string[];
  /** First line of what it says of its version; undefined where it does not run. */
  readonly version: string | undefined;
  /** True if CC names it. */
  readonly chosen: boolean;
}

/** Finds it. Where CC names one that does not run, no other takes its place. */
export function systemCompiler(environment: NodeJS.ProcessEnv = process.env): Compiler {
  const named = (environment['CC'] ?? '').split(/\s+/).filter((part) => part !== '');
  const chosen = named.length > 0;
  const commands = chosen ? [named] : [['cc'], ['clang'], ['gcc']];
  const found = commands
    .map((command) => ({ command, version: versionOf(command, environment), chosen }))
    .find(({ version }) => version !== undefined);
  return found ?? { command: commands[0] ?? [], version: undefined, chosen };
}

function versionOf([file = '', ...args]: readonly string[], environment: NodeJS.ProcessEnv): string | undefined {
  const { status, stdout } = spawnSync(file, [...args, '--version'], { env: environment, encoding: 'utf8' });
  return status === 0 ? (stdout.split('\n')[0]?.trim() ?? '') : undefined;
}
