/**
 * What a command talks to: two streams to write on, one to read answers from, the folder that paths are relative to, and a signal that ends it.
 *
 * Commands know nothing else of their process, so tests run them in place. The types are structural: `process.stdout`
 * fits, and so does an object that collects text.
 */

/** A stream that answers are read from: a readable stream of Node. */
export interface Source extends AsyncIterable<unknown> {
  /** True for a terminal, at which somebody sits. */
  readonly isTTY?: boolean | undefined;
}

/** A stream of text. */
export interface Sink {
  write(text: string): unknown;
  /** True for a terminal, which takes colours and a bar that redraws itself. */
  readonly isTTY?: boolean | undefined;
  /** Width in characters. */
  readonly columns?: number | undefined;
}

/** The surroundings of a command. */
export interface Terminal {
  /** Where answers come from, for commands that ask. */
  readonly in?: Source | undefined;
  /** Results and progress. */
  readonly out: Sink;
  /** Failures and remarks. */
  readonly err: Sink;
  /** Folder that relative paths start from. */
  readonly folder: string;
  /** Fires when the command should end: what is worth keeping is kept. */
  readonly signal?: AbortSignal | undefined;
}

/** Width to write for: that of the terminal, at least 20, else 80. */
export function widthOf(sink: Sink): number {
  const columns = sink.columns ?? 0;
  return columns > 0 ? Math.max(20, columns) : 80;
}

/** Whether it takes colours and bold letters: a terminal does, unless NO_COLOR is set. */
export function coloured({ isTTY }: Sink): boolean {
  return isTTY === true && process.env['NO_COLOR'] === undefined;
}

/**
 * Breaks a text into lines of at most `width` characters, between words; what follows `- ` stays behind it, and what goes
 * on stands `hang` characters further right than its beginning.
 */
export function wrap(text: string, width: number, hang: number = 0): string {
  return text
    .split('\n')
    .map((line) => {
      const start = line.match(/^ */)?.[0] ?? '';
      const indent = `${start}${' '.repeat(/^ *- /.test(line) ? 2 : hang)}`;
      const lines: string[] = [];
      let current = start;
      for (const word of line.trim().split(/\s+/)) {
        const longer = current.trim() === '' ? `${current}${word}` : `${current} ${word}`;
        if (longer.length > width && current.trim() !== '') {
          lines.push(current);
          current = `${indent}${word}`;
        } else {
          current = longer;
        }
      }
      return [...lines, current].join('\n').trimEnd();
    })
    .join('\n');
}
