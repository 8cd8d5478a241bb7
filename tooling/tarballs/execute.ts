import { execFile } from 'node:child_process';

/** How a program ended; `text` is its stdout, and after a failure also its stderr. */
export interface Outcome {
  readonly ok: boolean;
  readonly text: string;
}

/** Runs a program to its end. A failure is an outcome, never an exception. */
export function execute(file: string, args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, [...args], { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve(error === null ? { ok: true, text: stdout } : { ok: false, text: `${stdout}${stderr}${error.message}` });
    });
  });
}
