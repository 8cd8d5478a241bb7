import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellText, type ReadCsvOptions, readCsv, readCsvTables, type Table } from '../src/index.ts';
import { dataErrorOf } from './data-error.ts';

const text = (table: Table): (string | undefined)[][] =>
  Array.from({ length: table.rows }, (_, row) => table.columns.map((column) => cellText(column, row)));
const kinds = (table: Table): string[] => table.columns.map(({ name, kind }) => `${name}: ${kind}`);

/** What RFC 4180 says a writer does. */
const quote = (cell: string): string => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

describe('readCsv', () => {
  it('infers kinds, counts what is missing and keeps lines', async () => {
    const table = await readCsv(
      'id,x,ok,at,name\n1,0.5,true,2024-02-29,a\n\n2,NA,False,2024-03-01 12:30:15.25,"b\nc"\n3,-1e3,,2024-03-01T00:00:00+02:00,a\n',
    );
    expect(kinds(table)).toEqual(['id: number', 'x: number', 'ok: boolean', 'at: time', 'name: category']);
    expect(text(table)).toEqual([
      ['1', '0.5', 'true', '2024-02-29T00:00:00.000Z', 'a'],
      ['2', undefined, 'false', '2024-03-01T12:30:15.250Z', 'b\nc'],
      ['3', '-1000', undefined, '2024-02-29T22:00:00.000Z', 'a'],
    ]);
    expect(table.columns.map(({ missing }) => missing)).toEqual([0, 1, 1, 0, 0]);
    expect(Array.from(table.lines ?? [])).toEqual([2, 4, 6]);
    expect(table.notes).toEqual(['2 times of column at name no zone and are read as UTC.']);
  });

  it.each([
    ['semicolons and decimal commas', 'a;b\n1,5;x\n2,25;y', { decimal: ',' }, ['1.5', 'x'], ['2.25', 'y']],
    ['as many commas as semicolons', 'a;b\n1,5;0,1\n2,5;0,2', { decimal: ',' }, ['1.5', '0.1'], ['2.5', '0.2']],
    ['tabs', 'a\tb\n1\tx y\n2\t,', {}, ['1', 'x y'], ['2', ',']],
    ['carriage returns', 'a,b\r1,x\r2,y\r', {}, ['1', 'x'], ['2', 'y']],
    ['line ends of two kinds', 'a,b\r\n1,"x"\r\n2,y\n', {}, ['1', 'x'], ['2', 'y']],
    ['a byte order mark', '\uFEFFa,b\n1,x\n2,y', { columns: ['a', 'b'] }, ['1', 'x'], ['2', 'y']],
    ['names that are given', '1,x\n2,y', { header: ['a', 'b'] }, ['1', 'x'], ['2', 'y']],
    ['a kind that is given', 'a,b\n01,x\n02,y', { types: { a: 'category' } }, ['01', 'x'], ['02', 'y']],
    ['missing texts that are given', 'a,b\n?,x\n2,NA', { missing: ['?'] }, [undefined, 'x'], ['2', 'NA']],
    ['some of the columns', 'z,a,b\nq,1,x\nq,2,y', { columns: ['b', 'a'] }, ['1', 'x'], ['2', 'y']],
  ] satisfies [string, string, ReadCsvOptions, unknown, unknown][])(
    'reads %s',
    async (_, csv, options, first, second) => {
      expect(text(await readCsv(csv, options))).toEqual([first, second]);
    },
  );

  it('reads UTF-16 when its mark says so, whatever the chunks', async () => {
    const bytes = new Uint8Array(Buffer.from('\uFEFFa,ä\n1,€\n', 'utf16le'));
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    for (const source of [bytes, single, new Blob([bytes])]) {
      const table = await readCsv(source);
      expect(table.columns.map(({ name }) => name)).toEqual(['a', 'ä']);
      expect(text(table)).toEqual([['1', '€']]);
    }
  });

  it('names columns that have no name, as pandas and R write them', async () => {
    const pandas = await readCsv(',x\n0,5\n');
    expect(kinds(pandas)).toEqual(['column_1: number', 'x: number']);
    const r = await readCsv('"x","y"\n"1",5,6\n');
    expect(kinds(r)).toEqual(['row_name: number', 'x: number', 'y: number']);
    expect([...pandas.notes, ...r.notes].length).toBe(2);
  });

  it('gives the cells that were written, however the bytes are cut into chunks', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', ' ', 'ä', '😀', ';'), maxLength: 6 });
    const width = fc.integer({ min: 2, max: 4 });
    const grids = width.chain((columns) =>
      fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(
        grids,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        fc.constantFrom('\n', '\r\n'),
        async (grid, sizes, newline) => {
          const header = (grid[0] ?? []).map((_, c) => `c${c}`);
          const csv = [header, ...grid].map((row) => row.map(quote).join(',')).join(newline);
          const options: ReadCsvOptions = {
            delimiter: ',',
            missing: [],
            types: Object.fromEntries(header.map((name) => [name, 'category' as const])),
          };
          const bytes = new TextEncoder().encode(csv);
          const chunks: Uint8Array[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          const whole = await readCsv(csv, options);
          expect(await readCsv(chunks, options)).toEqual(whole);
          expect(text(whole)).toEqual(grid.map((row) => row.map((one) => one.trim())));
        },
      ),
    );
  });

  it('cuts rows right across the pieces in which it parses, with quotes and without', async () => {
    for (const filler of ['x'.repeat(40), '"a ""b"", c\nd"']) {
      const rows = Array.from({ length: 6000 }, (_, i) => `${i},${filler},${i * 2}`);
      const bytes = new TextEncoder().encode(`n,t,m\n${rows.join('\n')}\n`);
      const chunks = (size: number): Uint8Array[] =>
        Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
      for (const size of [1000, 65_537]) {
        const table = await readCsv(chunks(size));
        const [n, , m] = table.columns;
        expect(table.rows).toBe(6000);
        if (n?.kind !== 'number' || m?.kind !== 'number') throw new Error('kinds');
        expect(n.values.every((value, i) => value === i)).toBe(true);
        expect(m.values.every((value, i) => value === 2 * i)).toBe(true);
        expect(table.lines?.[5999]).toBe(filler.startsWith('"') ? 2 + 2 * 5999 : 2 + 5999);
      }
    }
  });

  it.each([
    ['nothing', '', {}, 'format', 'the file is empty'],
    ['only a header', 'a,b\n', {}, 'value', 'no row'],
    [
      'a row too short',
      'a,b\n1,2\n3\n',
      {},
      'format',
      'line 3: 1 cells where the header has 2; b is the first without',
    ],
    ['a row too long', 'a,b\n1,2\n3,4,5\n', {}, 'format', 'line 3: 3 cells'],
    ['names twice', 'a,b,a\n1,2,3', {}, 'format', '"a" occurs twice'],
    ['numbers for names', '1,2\n3,4', {}, 'format', 'the option header'],
    ['an unknown column', 'temp,b\n1,2', { columns: ['tmep'] }, 'argument', 'Did you mean temp?'],
    ['an unknown type', 'temp,b\n1,2', { types: { bb: 'number' } }, 'argument', 'Did you mean b?'],
    ['a quote that stays open', 'a,b\n1,"2\n3,4\n', {}, 'format', 'line 2: a quoted cell'],
    ['text behind a quote', 'a,b\n1,2\n1,"2"3\n', {}, 'format', 'line 3: a quoted cell'],
    [
      'a word among numbers',
      'a,b\n1,2\n1,x\n',
      { types: { b: 'number' } },
      'value',
      'line 3, column b: "x" is no number',
    ],
    [
      'a day that is none',
      'a,t\n1,2023-02-29\n',
      { types: { t: 'time' } },
      'value',
      '"2023-02-29" is no ISO 8601 date',
    ],
    ['infinity', 'a,b\n1,1e999\n', { types: { b: 'number' } }, 'value', '"1e999" is no number'],
    ['a decimal comma', 'a;b\n1;2,5\n', { types: { b: 'number' } }, 'value', 'decimal'],
    ['no UTF-8', Uint8Array.of(97, 10, 0xff, 0x31), {}, 'format', 'no UTF-8'],
    ['UTF-8 cut off', Uint8Array.of(97, 10, 0xc3), {}, 'format', 'no UTF-8'],
    ['a row without end', `a,b\n1,"${'x,\n'.repeat(50_000)}`, { maxRowLength: 1000 }, 'format', 'line 2: '],
    ['a delimiter of two', 'a', { delimiter: ',,' }, 'argument', 'one character'],
    ['another kind of thing', 5 as never, {}, 'argument', 'number is no source'],
  ] satisfies [string, string | Uint8Array, ReadCsvOptions, string, string][])(
    'refuses %s',
    async (_, source, options, code, words) => {
      const error = await dataErrorOf(readCsv(source, { file: 'my.csv', ...options }));
      expect(error.code).toBe(code);
      expect(error.message).toContain(words);
    },
  );

  it('names the line of a cell beyond the rows from which kinds were inferred', async () => {
    const csv = `x\n${'1\n'.repeat(1500)}oops\u001b[2J\n`;
    const error = await dataErrorOf(readCsv(csv, { file: 'my.csv' }));
    expect(error.details).toMatchObject({ row: 1500, line: 1502, column: 'x' });
    expect(error.message).toContain('my.csv, line 1502, column x: "oops\\u{1b}[2J" is no number');
  });

  it('lets a column that begins empty be what its first value is', async () => {
    const csv = `x,y\n${',1\n'.repeat(1500)}a,1\n`;
    expect(kinds(await readCsv(csv))).toEqual(['x: category', 'y: number']);
  });
});

describe('readCsvTables', () => {
  it('gives the rows of the whole table in pieces, with the kinds of the first and the lines of the file', async () => {
    const rows = Array.from({ length: 23 }, (_, i) => `${i},${i % 5 === 3 ? '' : `l${i % 4}`},2024-01-0${1 + (i % 9)}`);
    const csv = `n,c,t\n${rows.join('\n')}\n`;
    const whole = await readCsv(csv);
    for (const size of [1, 5, 23, 100]) {
      const tables: Table[] = [];
      for await (const table of readCsvTables(csv, { rows: size, types: { c: 'category' } })) tables.push(table);
      expect(tables.map((table) => table.rows)).toEqual(
        Array.from({ length: Math.ceil(23 / size) }, (_, i) => Math.min(size, 23 - i * size)),
      );
      expect(tables.flatMap(text)).toEqual(text(whole));
      expect(tables.flatMap(({ lines }) => [...(lines ?? [])])).toEqual([...(whole.lines ?? [])]);
      expect(new Set(tables.map((table) => kinds(table).join()))).toEqual(new Set([kinds(whole).join()]));
    }
  });

  it('holds one table at a time, however long the file', async () => {
    // A source without end: what is taken is all that is made.
    let made = 0;
    const endless = (function* (): Generator<string> {
      yield 'a,b\n';
      for (;;) {
        made += 1000;
        yield '1,2\n'.repeat(1000);
      }
    })();
    let seen = 0;
    for await (const table of readCsvTables(endless, { rows: 5000 })) {
      seen += table.rows;
      if (seen === 50_000) break;
    }
    // 64 Ki characters are read ahead, 16,384 rows of these.
    expect(made).toBeLessThan(seen + 2 * 16_384 + 5000);
  });

  it('refuses a cell of another kind in a later table, with its line, and an empty file', async () => {
    const read = async (csv: string, rows: number): Promise<void> => {
      for await (const table of readCsvTables(csv, { rows, file: 'my.csv' })) expect(table.rows).toBeGreaterThan(0);
    };
    const error = await dataErrorOf(read('x\n1\n2\n3\nfour\n', 2));
    expect(error.message).toContain('my.csv, line 5, column x: "four" is no number');
    expect((await dataErrorOf(read('', 2))).message).toContain('my.csv: the file is empty');
    expect((await dataErrorOf(read('x\n', 2))).message).toContain('no row');
    expect((await dataErrorOf(read('x\n1', 0))).code).toBe('argument');
  });
});
