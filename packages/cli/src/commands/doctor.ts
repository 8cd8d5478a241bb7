/**
 * `rheo doctor`: what of Rheo works on this machine, what is missing and why, and the command that mends it.
 *
 * Every backend that is installed is created and computes; see `doctor/examine.ts`. Missing engines are no failure: they
 * are optional. Only a default backend that does not work is.
 */

import { findCompiler } from '../doctor/c-compiler.ts';
import { candidates, examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { findingText } from '../doctor/finding-text.ts';
import type { Machine } from '../doctor/machine.ts';
import { machine } from '../doctor/machine.ts';
import { jsonLine } from '../progress/json-lines.ts';
import type { Terminal } from '../terminal.ts';
import { coloured, widthOf, wrap } from '../terminal.ts';

/** Options of the command. */
export interface DoctorOptions {
  readonly json?: boolean | undefined;
}

const defaultBackend = 'wasm';

/** Runs the command; false if the default backend does not work. */
export async function doctor(options: DoctorOptions, version: string, terminal: Terminal): Promise<boolean> {
  const { folder, out } = terminal;
  const found = machine();
  const text = options.json !== true;
  const width = widthOf(out);
  const all = candidates(folder);
  const layout = {
    width,
    nameWidth: Math.max(...all.map(({ name }) => name.length)),
    colour: coloured(out),
  };
  const show = (finding: Finding): void => {
    if (text) out.write(`${findingText(finding, layout)}\n`);
  };
  if (text) out.write(`${wrap(machineText(found, version), width)}\n\nBackends\n`);
  const backends: Finding[] = [];
  for (const candidate of all) {
    const finding = await examine(candidate, folder);
    backends.push(finding);
    show(finding);
  }
  const compiler = findCompiler();
  if (text) out.write('\nC compiler\n');
  show(compiler);
  const ok = backends.some(({ name, state }) => name === defaultBackend && state === 'ok');
  if (text) out.write(`\n${wrap(summary(backends, ok), width)}\n`);
  else
    out.write(`${jsonLine('result', { ok, rheo: version, ...found, default: defaultBackend, backends, compiler })}\n`);
  return ok;
}

function machineText({ node, system, processor, threads, simd }: Machine, version: string): string {
  return [
    `Rheo ${version} on Node ${node}, ${system}`,
    `${processor}, ${threads} thread${threads === 1 ? '' : 's'}`,
    `WebAssembly ${simd ? 'with' : 'without'} 128-bit SIMD`,
  ].join('\n');
}

function summary(backends: readonly Finding[], ok: boolean): string {
  if (!ok) return `The default backend ${defaultBackend} does not work; see above.`;
  const failed = backends.filter(({ state }) => state === 'failed').map(({ name }) => name);
  if (failed.length > 0) return `The default backend works; ${failed.join(', ')} failed.`;
  const working = backends.filter(({ state }) => state === 'ok').map(({ name }) => name);
  return `All that is installed works: ${working.join(', ')}. What is missing is optional.`;
}
