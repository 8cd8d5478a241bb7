/**
 * The page of a report: one HTML file with headline, sections, tables and pictures. Nothing is fetched and nothing runs in
 * it; it follows a reader that prefers dark, fits a phone, and prints.
 */

import type { Confusion } from './confusion.ts';
import { confusionTable } from './confusion.ts';
import { escapeText } from './escape-text.ts';
import { colour, schemes } from './theme.ts';

/** What the page shows. */
export interface Page {
  readonly title: string;
  /** Under the headline. */
  readonly summary?: string | undefined;
  readonly sections: readonly Section[];
}

/** A part of the page under a heading of its own; the first may have none. */
export interface Section {
  readonly heading?: string;
  readonly blocks: readonly Block[];
}

/** A picture for a wide and, where that makes a difference, one for a narrow page. */
export interface Picture {
  readonly caption: string;
  /** SVG text. */
  readonly wide: string;
  readonly narrow?: string;
  /** Where the narrow one shows something else. */
  readonly narrowCaption?: string;
}

/** What a section is made of. */
export type Block =
  | ({ readonly kind: 'picture' } & Picture)
  /** Pictures side by side where there is room. */
  | { readonly kind: 'row'; readonly pictures: readonly Picture[] }
  | { readonly kind: 'confusion'; readonly confusion: Confusion; readonly caption: string }
  /** Cells of text; the first of each row is its heading, `head` names the columns. */
  | { readonly kind: 'table'; readonly head?: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'text'; readonly text: string }
  /** Text as it is, to be opened. */
  | { readonly kind: 'source'; readonly label: string; readonly text: string };

/** The text of the page. */
export function page({ title, summary, sections }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>
${style}
</style>
</head>
<body>
<main>
<h1>${escapeText(title).replace(/[_/.]/g, '$&<wbr>')}</h1>
${summary === undefined ? '' : `<p class="summary">${prose(summary)}</p>\n`}${sections.map(sectionText).join('\n')}
</main>
</body>
</html>
`;
}

function sectionText({ heading, blocks }: Section): string {
  const head = heading === undefined ? '' : `<h2>${escapeText(heading)}</h2>\n`;
  return `<section>\n${head}${blocks.map(blockText).join('\n')}\n</section>`;
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'picture':
      return pictureText(block);
    case 'row':
      return `<div class="row">\n${block.pictures.map(pictureText).join('\n')}\n</div>`;
    case 'confusion':
      return `<figure>\n${confusionTable(block.confusion)}\n<figcaption>${prose(block.caption)}</figcaption>\n</figure>`;
    case 'table':
      return tableText(block.rows, block.head);
    case 'list':
      return `<ul>\n${block.items.map((item) => `<li>${prose(item)}</li>`).join('\n')}\n</ul>`;
    case 'text':
      return `<p>${prose(block.text)}</p>`;
    case 'source':
      return `<details>\n<summary>${escapeText(block.label)}</summary>\n<pre>${escapeText(block.text)}</pre>\n</details>`;
  }
}

function pictureText({ caption, wide, narrow, narrowCaption }: Picture): string {
  const drawn = narrow === undefined ? wide : `<div class="wide">${wide}</div>\n<div class="narrow">${narrow}</div>`;
  const said =
    narrowCaption === undefined
      ? prose(caption)
      : `<span class="wide">${prose(caption)}</span><span class="narrow">${prose(narrowCaption)}</span>`;
  return `<figure>\n${drawn}\n<figcaption>${said}</figcaption>\n</figure>`;
}

function tableText(rows: readonly (readonly string[])[], head: readonly string[] | undefined): string {
  const cells = (values: readonly string[]): string =>
    values
      .map((cell, i) => (i === 0 ? `<th scope="row">${escapeText(cell)}</th>` : `<td>${prose(cell)}</td>`))
      .join('');
  const names =
    head === undefined
      ? ''
      : `<thead><tr>${head.map((name) => `<th scope="col">${escapeText(name)}</th>`).join('')}</tr></thead>\n`;
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n');
  return `<div class="scroll"><table>\n${names}<tbody>\n${body}\n</tbody>\n</table></div>`;
}

/** Text whose numbers keep their units on the same line. */
function prose(text: string): string {
  return escapeText(text).replace(/(\d) (?=(%|[mµn]?s|min|h|d)(?![\p{L}\d]))/gu, '$1\u00a0');
}

const style = `${schemes(':root')}
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: ${colour('ink')}; background: ${colour('paper')}; overflow-wrap: anywhere; }
main { max-width: 56rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 1px solid ${colour('rule')}; }
.summary { font-size: 1.1rem; margin: 0 0 1.5rem; }
.scroll { overflow-x: auto; margin: 0 0 1.25rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: .2rem 1.5rem .2rem 0; text-align: left; vertical-align: top; font-weight: normal; }
thead th, tbody th { color: ${colour('faint')}; }
thead th { border-bottom: 1px solid ${colour('rule')}; }
figure { margin: 1.5rem 0 2rem; break-inside: avoid; }
figure svg { display: block; }
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); column-gap: 2rem; }
.row figure { margin: 0; padding: .5rem 0 1.5rem; }
.confusion th, .confusion td { padding: .25rem .5rem; text-align: right; white-space: nowrap; border: 1px solid ${colour('rule')}; }
.confusion.many { font-size: .8rem; }
.confusion.many th, .confusion.many td { padding: .2rem .35rem; }
.confusion tbody th { position: sticky; left: 0; background: ${colour('paper')}; }
.confusion .none { color: ${colour('faint')}; }
.confusion thead th, .confusion thead td { border: 0; }
.confusion thead th[scope=colgroup] { text-align: left; }
.confusion small { display: block; }
.confusion .right { outline: 2px solid ${colour('series-0')}; outline-offset: -2px; }
.confusion .total { color: ${colour('faint')}; border: 0; }
figcaption { color: ${colour('faint')}; font-size: .9rem; margin-top: .5rem; }
.narrow { display: none; }
@media (max-width: 42rem) { .wide { display: none; } .narrow { display: block; } th, td { padding-right: .9rem; } }
@media print { .wide { display: block; } .narrow { display: none; } main { max-width: none; padding: 0; } }
ul { padding-left: 1.2rem; }
summary { cursor: pointer; }
pre { border: 1px solid ${colour('rule')}; padding: 1rem; overflow-x: auto; font-size: .85rem; overflow-wrap: normal; }`;
