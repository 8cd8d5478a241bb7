import { runCommand } from '@rheo/cli';

const terminal = { out: process.stdout, err: process.stderr, folder: process.cwd() };
const code = await runCommand(['evaluate', 'missing.safetensors'], terminal);
console.log(code);
