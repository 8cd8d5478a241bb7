import type { Terminal } from '../src/index.ts';
import { runCommand } from '../src/index.ts';

/** What a command printed, and how it ended. */
export interface Collected {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `rheo` in place, in a folder, as if piped; `columns` is the width of standard output. */
export async function rheo(
  folder: string,
  args: readonly string[],
  signal?: AbortSignal,
  columns?: number,
): Promise<Collected> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    out: { write: (text) => out.push(text), columns },
    err: { write: (text) => err.push(text), columns: 2000 },
    folder,
    signal,
  };
  const code = await runCommand(args, terminal);
  return { code, out: out.join(''), err: err.join('') };
}
