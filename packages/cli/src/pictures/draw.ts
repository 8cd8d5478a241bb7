/**
 * Draws a plot to the text of an SVG file, without a browser.
 *
 * The file stands alone: namespace, white background, fonts by family only, no script and nothing fetched.
 */

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const space = 'http://www.w3.org/2000/svg';

/** The SVG of one plot, XML. */
export function draw(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ ...options, document, style: { background: 'white', color: '#1c1c1c' } });
  svg.setAttribute('xmlns', space);
  return svg.outerHTML;
}

/** The colours of all pictures; distinguishable for colour-blind eyes and in print. */
export const colours = { truth: '#9a9a9a', prediction: '#0b6cb5', validation: '#d1580a', gap: '#f4dcc4' } as const;

/** One entry of the key above a plot. */
export interface KeyEntry {
  readonly text: string;
  readonly fill: string;
  /** Room that it takes, pixels. */
  readonly width: number;
}

/** The key as marks in a line above the frame (of the first facet, if `facet` names one). */
export function keyLine(entries: readonly KeyEntry[], facet?: string): Plot.Markish[] {
  let at = 0;
  return entries.map(({ text, fill, width }) => {
    const mark = Plot.text([text], {
      frameAnchor: 'top-left',
      text: (entry: string) => entry,
      fill,
      dx: at,
      dy: -26,
      fontWeight: 'bold',
      ...(facet === undefined ? {} : { fy: () => facet }),
    });
    at += width;
    return mark;
  });
}
