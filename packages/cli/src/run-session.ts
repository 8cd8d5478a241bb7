/**
 * A training run from claiming its folder to giving it its name: what the user sees, what the folder records, and that
 * nothing is left behind by a run that learnt nothing.
 */

import { misuse } from './failure.ts';
import { progressBar } from './progress/bar.ts';
import { jsonLines } from './progress/json-lines.ts';
import { plainLines } from './progress/plain-lines.ts';
import type { Progress, RunOutcome } from './progress/progress.ts';
import { tee } from './progress/progress.ts';
import type { RunFolder } from './run-folder.ts';
import { claimNextRunFolder, claimRunFolder, reopenRunFolder } from './run-folder.ts';
import type { Terminal } from './terminal.ts';
import { widthOf } from './terminal.ts';

/** Where a run goes and how it is shown. */
export interface RunOptions {
  /** Run folder; the next free one under `runs` unless given. */
  readonly out?: string | undefined;
  /** Folder of a run to go on with. */
  readonly resume?: string | undefined;
  readonly json?: boolean | undefined;
}

/** An open run. */
export interface RunSession {
  readonly run: RunFolder;
  /** Goes to the terminal, to `log.txt` and to `metrics.jsonl`. */
  readonly progress: Progress;
}

/**
 * Opens a run folder, hands it to `work`, reports the outcome and gives the folder its name. `name` is what folders
 * without `--out` begin with. The folder is claimed before `work` begins: a wrong --out is known at once.
 */
export async function withRun<T extends { readonly outcome: RunOutcome }>(
  name: string,
  options: RunOptions,
  terminal: Terminal,
  work: (session: RunSession) => Promise<T>,
): Promise<T> {
  const run = openRun(name, options, terminal.folder);
  const shown = shownProgress(options, terminal);
  const written = tee([
    plainLines((text) => run.append('log.txt', text)),
    jsonLines((line) => run.append('metrics.jsonl', line)),
  ]);
  const progress = tee([shown, written]);
  try {
    const done = await work({ run, progress });
    written.result(done.outcome);
    run.finish();
    shown.result(done.outcome);
    return done;
  } finally {
    progress.end();
    run.discard();
  }
}

/** Throws `argument` for options that a run that is resumed has settled; `fixed` names them as the command line does. */
export function refuseSettled(resume: string | undefined, fixed: Readonly<Record<string, unknown>>): void {
  const [name] = Object.entries(fixed).find(([, value]) => value !== undefined) ?? [];
  if (resume === undefined || name === undefined) return;
  const remedy = 'Leave it out, or train anew without --resume';
  throw misuse(`a run that is resumed keeps its own ${name}`, `--${name}`, remedy);
}

function openRun(name: string, { resume, out }: RunOptions, folder: string): RunFolder {
  if (resume !== undefined) return reopenRunFolder(folder, resume);
  return out === undefined ? claimNextRunFolder(folder, name, new Date()) : claimRunFolder(folder, out);
}

/** Progress on the terminal in the form asked for. */
function shownProgress({ json }: RunOptions, { out }: Terminal): Progress {
  if (json === true) return jsonLines((line) => out.write(`${line}\n`));
  if (out.isTTY === true) return progressBar(out);
  return plainLines((text) => out.write(`${text}\n`), widthOf(out));
}
