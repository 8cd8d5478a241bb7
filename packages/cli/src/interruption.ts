/**
 * Signals of the process as an `AbortSignal`: the first Control-C (or an end asked for by the system) asks the command to
 * end, which keeps what was learnt; the second ends the process at once, still without leaving partial files.
 */

/** Installs the handlers and gives the signal that they fire. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      // The bar hides the cursor.
      if (process.stdout.isTTY) process.stdout.write('\u001b[?25h\n');
      process.exit(130);
    }
    // Over the ^C that the terminal shows.
    if (process.stdout.isTTY) process.stdout.write('\r');
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  return controller.signal;
}
