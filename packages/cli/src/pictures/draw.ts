/**
 * Draws a plot to the text of an SVG, without a browser.
 *
 * The SVG stands alone, as a file or in a page: namespace, colours of both schemes, fonts by family only, a title and a
 * description for those who do not see it, no script and nothing fetched. Coordinates have two decimals.
 */

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { colour, schemes } from './theme.ts';

const space = 'http://www.w3.org/2000/svg';

/** What the picture says, in words. */
export interface Wording {
  /** What it shows, in few words. */
  readonly title: string;
  /** What is to be seen in it. */
  readonly description: string;
}

/** The SVG of one plot, XML. */
export function draw({ title, description }: Wording, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    ...options,
    document,
    className: 'rheo-picture',
    style: { background: colour('paper'), color: colour('ink'), fontSize: '12px', overflow: 'visible' },
  });
  svg.setAttribute('xmlns', space);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  svg.setAttribute('font-size', '12');
  // Plot's own would set its colours again.
  svg.querySelector('style')?.remove();
  for (const element of svg.querySelectorAll('*')) {
    for (const name of measures) {
      const value = element.getAttribute(name);
      if (value !== null) element.setAttribute(name, value.replace(/-?\d+\.\d{3,}(e[-+]?\d+)?/g, shorter));
    }
  }
  const said = (tag: string, text: string): Element => {
    const element = document.createElementNS(space, tag);
    element.textContent = text;
    return element;
  };
  svg.prepend(said('title', title), said('desc', description), said('style', style));
  return svg.outerHTML;
}

/** Attributes that hold coordinates. */
const measures = ['d', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height', 'transform'] as const;

function shorter(number: string): string {
  return String(Number(Number(number).toFixed(2)));
}

const style = `${schemes('.rheo-picture')}
.rheo-picture { max-width: 100%; height: auto; font-variant-numeric: tabular-nums; }
.rheo-picture text { white-space: pre; }`;

/** One entry of the key above a plot. */
export interface KeyEntry {
  readonly text: string;
  readonly fill: string;
  /** Room that it takes, pixels. */
  readonly width: number;
}

/** The key as marks in a line above the frame (of the first facet, if `facet` names one), `from` pixels right of its edge. */
export function keyLine(entries: readonly KeyEntry[], from: number = 0, facet?: string): Plot.Markish[] {
  let at = from;
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
