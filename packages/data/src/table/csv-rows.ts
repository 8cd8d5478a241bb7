/**
 * Rows of a CSV text that comes in chunks. papaparse cuts the cells; this file feeds it, so that the rows do not depend
 * on where the chunks end and no more than a chunk and an unfinished row are held.
 */
import Papa from 'papaparse';
import { DataError } from '../data-error.ts';

/** Some rows, each with the line on which it begins. */
export interface CsvRows {
  readonly rows: readonly (readonly string[])[];
  readonly lines: readonly number[];
  readonly delimiter: string;
}

/** How the text is written. */
export interface CsvFormat {
  readonly file?: string;
  /** One character between cells; detected from the first lines without it. */
  readonly delimiter?: string;
  /** Longest row in characters, so that an unclosed quote cannot swallow a large file; default 1,000,000. */
  readonly maxRowLength?: number;
}

interface Layout {
  readonly delimiter: string;
  readonly newline: '\n' | '\r';
}

const sampleLength = 1 << 16;

/** All rows but blank ones. Errors: `format` with the line (quotes, a row without end), `argument`. */
export async function* csvRows(
  chunks: AsyncIterable<string>,
  { file, delimiter, maxRowLength = 1_000_000 }: CsvFormat,
): AsyncGenerator<CsvRows, void, undefined> {
  if (delimiter !== undefined && (delimiter.length !== 1 || /["\r\n\uFEFF]/.test(delimiter))) {
    throw new DataError('argument', `delimiter ${JSON.stringify(delimiter)}`, {
      remedy: 'Use one character that is no quote and no line break.',
    });
  }
  const place = file === undefined ? {} : { file };
  let text = '';
  let parsedLength = 0;
  let line = 1;
  let format: Layout | undefined;

  const take = (last: boolean): CsvRows => {
    format ??= detect(text.slice(0, sampleLength), delimiter);
    const cut = new Papa.Parser(format).parse(text, 0, !last) as Papa.ParseResult<string[]>;
    text = text.slice(cut.meta.cursor);
    parsedLength = text.length;
    const rows: string[][] = [];
    const lines: number[] = [];
    cut.data.forEach((row, r) => {
      if (cut.errors.some((error) => error.row === r)) throw badQuotes(place, line);
      const end = row.length - 1;
      if (row[end]?.endsWith('\r')) row[end] = row[end].slice(0, -1);
      if (row.length > 1 || row[0]?.trim() !== '') {
        rows.push(row);
        lines.push(line);
      }
      line += 1 + breaksWithin(row, format?.newline ?? '\n');
    });
    if (text.length > maxRowLength) {
      throw new DataError('format', `the row has no end within ${maxRowLength} characters`, {
        ...place,
        line,
        remedy: 'Close the quote that was opened there, or raise maxRowLength.',
      });
    }
    return { rows, lines, delimiter: format.delimiter };
  };

  for await (const chunk of chunks) {
    text += chunk;
    // Parsing each small chunk anew would cost the square of the row's length.
    if (text.length - parsedLength >= sampleLength) yield take(false);
  }
  if (text !== '') yield take(true);
}

function detect(sample: string, given: string | undefined): Layout {
  const { linebreak } = Papa.parse<string[]>(sample, { preview: 1, delimiter: given ?? ',' }).meta;
  // Lines that end in \r\n are cut at \n, so that files with both endings are read.
  const newline = linebreak === '\r' ? '\r' : '\n';
  return { newline, delimiter: given ?? delimiterOf(sample, newline) };
}

/** The delimiter that gives most cells, before all others one that gives every row as many as the header. */
function delimiterOf(sample: string, newline: Layout['newline']): string {
  let best = ',';
  let most = 1;
  for (const delimiter of [',', ';', '\t', '|']) {
    const { data } = new Papa.Parser({ delimiter, newline, preview: 20 }).parse(sample, 0, false) as Papa.ParseResult<
      string[]
    >;
    const [header = [], ...rows] = data.filter((row) => row.length > 1 || row[0]?.trim() !== '').slice(0, 20);
    // The sample may end within its last row. R leaves out the name of the first column.
    const whole = sample.length === sampleLength ? rows.slice(0, -1) : rows;
    const width = whole[0]?.length ?? header.length;
    const fits = width === header.length || width === header.length + 1;
    const even = fits && whole.every((row) => row.length === width);
    const score = header.length === 1 ? 1 : header.length + (even ? 1e6 : 0);
    if (score > most) [best, most] = [delimiter, score];
  }
  return best;
}

function breaksWithin(row: readonly string[], newline: string): number {
  let breaks = 0;
  for (const cell of row) {
    for (let at = cell.indexOf(newline); at >= 0; at = cell.indexOf(newline, at + 1)) breaks++;
  }
  return breaks;
}

function badQuotes(place: { readonly file?: string }, line: number): DataError {
  return new DataError('format', 'a quoted cell does not end where its quote ends', {
    ...place,
    line,
    remedy: 'Close the quote, and write a quote inside a quoted cell twice.',
  });
}
