/**
 * The colours of every picture and page, as custom properties for a light and a dark scheme. Paper is light in print.
 *
 * Ink and the series colours have a contrast of at least 4.5 against the paper, so that text may have them; neighbours
 * in the list are told apart by colour-blind eyes. Pictures also vary dashes and marks: colour never stands alone.
 */

type Name = 'paper' | 'ink' | 'faint' | 'rule' | 'truth' | 'gap' | 'gap-ink' | `series-${0 | 1 | 2 | 3 | 4 | 5}`;

const light: Readonly<Record<Name, string>> = {
  paper: '#ffffff',
  ink: '#1c1c1c',
  faint: '#5c5c5c',
  rule: '#dddddd',
  truth: '#767676',
  gap: '#f6e3d3',
  'gap-ink': '#96561d',
  'series-0': '#0b6cb5',
  'series-1': '#c24e00',
  'series-2': '#00795c',
  'series-3': '#a93c81',
  'series-4': '#7a6500',
  'series-5': '#5a55b8',
};

const dark: Readonly<Record<Name, string>> = {
  paper: '#15181c',
  ink: '#ececec',
  faint: '#adadad',
  rule: '#3a3f45',
  truth: '#9c9c9c',
  gap: '#3d2e20',
  'gap-ink': '#e0a870',
  'series-0': '#67b3fa',
  'series-1': '#ff9a52',
  'series-2': '#3ecfa5',
  'series-3': '#ef8fc8',
  'series-4': '#d8c03f',
  'series-5': '#aaa6ff',
};

/** A colour of the scheme, for attributes and styles. */
export function colour(name: Name): string {
  return `var(--${name})`;
}

/** How a series is drawn, and a piece of its line in letters for a key. */
export interface SeriesLook {
  readonly stroke: string;
  readonly dashes: string;
  readonly sample: string;
}

const lines = [
  { dashes: 'none', sample: '───' },
  { dashes: '7 3', sample: '╶╴╶╴' },
  { dashes: '2 3', sample: '····' },
  { dashes: '8 3 2 3', sample: '─·─' },
] as const;

/** The look of the series with this number; twelve differ in colour or line. */
export function seriesLook(index: number): SeriesLook {
  const { dashes, sample } = lines[index % lines.length] ?? lines[0];
  return { stroke: colour(`series-${(index % 6) as 0}`), dashes, sample };
}

/** Sets the properties on what the selector finds: light, dark where the reader prefers it, light in print. */
export function schemes(selector: string): string {
  const rule = (values: Readonly<Record<Name, string>>): string =>
    `${selector} { ${Object.entries(values)
      .map(([name, value]) => `--${name}: ${value};`)
      .join(' ')} }`;
  return [
    rule(light),
    `@media screen and (prefers-color-scheme: dark) { ${rule(dark)} }`,
    `${selector} { color-scheme: light dark; }`,
  ].join('\n');
}

/** Both palettes, for checks. */
export const palettes: Readonly<Record<'light' | 'dark', Readonly<Record<Name, string>>>> = { light, dark };
