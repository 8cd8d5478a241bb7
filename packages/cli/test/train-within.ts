/** A process that runs the command and then says how much memory it had at most, in bytes. */
import { runCommand } from '../src/index.ts';

const terminal = { out: { write: () => true }, err: process.stderr, folder: process.cwd(), signal: undefined };
process.exitCode = await runCommand(process.argv.slice(2), terminal);
process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
