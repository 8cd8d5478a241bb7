#!/usr/bin/env node
/**
 * The `rheo` executable: hands the process to `runCommand`.
 */

import { interruption } from './interruption.ts';
import { runCommand } from './run-command.ts';

// A reader such as `head` may go before the writer.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const { stdin, stdout, stderr } = process;
const terminal = { in: stdin, out: stdout, err: stderr, folder: process.cwd(), signal: interruption() };
process.exitCode = await runCommand(process.argv.slice(2), terminal);
