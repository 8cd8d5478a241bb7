#!/usr/bin/env node
/**
 * The `rheo` executable: hands the process to `runCommand`.
 *
 * The first Control-C asks the command to end, which keeps what was learnt; the second ends the process at once.
 */

import { runCommand } from './run-command.ts';

const controller = new AbortController();
process.on('SIGINT', () => {
  if (controller.signal.aborted) process.exit(130);
  controller.abort();
});
process.on('SIGTERM', () => controller.abort());
// A reader such as `head` may go before the writer.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const terminal = { out: process.stdout, err: process.stderr, folder: process.cwd(), signal: controller.signal };
process.exitCode = await runCommand(process.argv.slice(2), terminal);
