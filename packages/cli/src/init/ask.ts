/**
 * Questions on a terminal, a line of answer each.
 */

import { createInterface } from 'node:readline/promises';
import { RheoError } from '@rheo/ir';
import { misuse } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf, wrap } from '../terminal.ts';

/** Asks, and gives the line of the answer. Throws `aborted` on Control-C and when the input ends. */
export type Ask = (text: string) => Promise<string>;

/** Begins to ask; `end` gives the input back. */
export function askOn({ in: input, out, signal }: Terminal): { readonly ask: Ask; readonly end: () => void } {
  if (input === undefined) throw misuse('there is no input to read answers from', 'rheo init', 'Use --yes');
  // The terminal edits lines itself, and leaves Control-C to the process.
  const lines = createInterface({ input: input as NodeJS.ReadableStream, terminal: false });
  const answers = lines[Symbol.asyncIterator]();
  const interrupted = (): RheoError => new RheoError('aborted', { from: '@rheo/cli', what: 'interrupted' });
  const aborted = new Promise<never>((_, reject) => {
    if (signal?.aborted === true) reject(interrupted());
    signal?.addEventListener('abort', () => reject(interrupted()), { once: true });
  });
  // Nobody may be waiting for it.
  aborted.catch(() => undefined);
  return {
    ask: async (text) => {
      out.write(`${wrap(text, widthOf(out))} `);
      const given = await Promise.race([answers.next(), aborted.catch(() => undefined)]);
      if (given !== undefined && given.done !== true) return given.value;
      // What is said next begins a line.
      out.write('\n');
      throw interrupted();
    },
    end: () => lines.close(),
  };
}
