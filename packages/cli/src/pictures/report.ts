/**
 * The report of a run: one HTML file with both pictures, the figures and the configuration. Nothing is fetched and
 * nothing runs in it.
 */

import { escapeText } from './escape-text.ts';

/** What the report shows. */
export interface Report {
  readonly title: string;
  /** Label and value. */
  readonly figures: readonly (readonly [string, string])[];
  /** SVG texts with their captions. */
  readonly pictures: readonly { readonly caption: string; readonly svg: string }[];
  /** Shown as it is, indented JSON. */
  readonly config: string;
}

/** The text of the page. */
export function reportPage({ title, figures, pictures, config }: Report): string {
  const rows = figures.map(([label, value]) => `<tr><th>${escapeText(label)}</th><td>${escapeText(value)}</td></tr>`);
  const drawn = pictures.map(
    ({ caption, svg }) => `<figure>\n${svg}\n<figcaption>${escapeText(caption)}</figcaption></figure>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; background: #fff; }
h1 { font-size: 1.5rem; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: normal; color: #555; padding: .15rem 1.5rem .15rem 0; }
td { font-variant-numeric: tabular-nums; }
figure { margin: 2rem 0; }
figure svg { max-width: 100%; height: auto; }
figcaption { color: #555; font-size: .9rem; }
pre { background: #f5f5f5; padding: 1rem; overflow: auto; font-size: .85rem; }
</style>
</head>
<body>
<h1>${escapeText(title)}</h1>
<table>
${rows.join('\n')}
</table>
${drawn.join('\n')}
<h2>Configuration</h2>
<pre>${escapeText(config)}</pre>
</body>
</html>
`;
}
