/** Tables in Markdown, columns aligned, and the page that one is kept on. */

export type Cells = readonly string[];

/** A table; the first column is text, the others are figures. */
export function markdownTable(heading: Cells, rows: readonly Cells[]): string {
  const widths = heading.map((_, column) => Math.max(3, ...[heading, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const padded = (cells: Cells): string =>
    line(
      widths.map((width, column) => {
        const cell = cells[column] ?? '';
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      }),
    );
  const rule = line(widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)));
  return [padded(heading), rule, ...rows.map(padded)].join('\n');
}

/** Bytes as KiB or MiB. */
export function bytes(count: number): string {
  const kib = count / 1024;
  return kib < 1024 ? `${kib.toFixed(0)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

/** A page with its title, the command that writes it, the day, and its parts. */
export function page(
  title: string,
  command: string,
  day: string,
  parts: readonly string[],
  where: string = 'WebAssembly',
): string {
  const origin = `Written by \`${command}\` on ${day}, on 2 shared cores, one thread, ${where} in Node.`;
  return `${[`# ${title}`, origin, ...parts].join('\n\n')}\n`;
}
