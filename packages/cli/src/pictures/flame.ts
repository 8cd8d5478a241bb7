/**
 * A profile as a flame picture: the run on top, below it layers, loops and kernels, each as wide as its share of the time.
 *
 * An SVG without scripts; what does not fit into a box is in its tooltip. Parts of less than half a pixel are left out.
 */

import type { ProfileNode } from '../profile/profile-tree.ts';
import { escapeText } from './escape-text.ts';
import { colour, schemes } from './theme.ts';

const row = 22;
/** Width of a letter of 12 pixels, roughly. */
const letter = 6.8;

/** The SVG of a tree, `width` pixels wide. */
export function flamePicture(root: ProfileNode, width: number): string {
  const boxes: string[] = [];
  let depth = 0;
  const draw = (node: ProfileNode, x: number, level: number): void => {
    const size = (node.seconds / root.seconds) * width;
    if (size < 0.5) return;
    depth = Math.max(depth, level + 1);
    boxes.push(box(node, { x, y: level * row, width: size }, node.seconds / root.seconds));
    let at = x;
    for (const child of node.children) {
      draw(child, at, level + 1);
      at += (child.seconds / root.seconds) * width;
    }
  };
  if (root.seconds > 0) draw(root, 0, 0);
  const height = depth * row;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="rheo-flame" role="img" aria-label="Where the time goes" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12">
<style>${style}</style>
<title>Where the time goes</title>
${boxes.join('\n')}
</svg>`;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function box({ name, seconds, entry, children }: ProfileNode, { x, y, width }: Place, share: number): string {
  const text = `${name}: ${(seconds * 1e6).toFixed(1)} µs, ${(100 * share).toFixed(1)} %${rates(entry)}`;
  const letters = Math.floor((width - 8) / letter);
  const shown = letters < 3 ? '' : name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
  const look = entry !== undefined ? `kernel ${entry.kernel.split(' ')[0]}` : children.length > 0 ? 'part' : 'kernel';
  const label = shown === '' ? '' : `<text x="${(x + 4).toFixed(2)}" y="${y + 15}">${escapeText(shown)}</text>`;
  return `<g class="${escapeText(look)}"><title>${escapeText(text)}</title><rect x="${x.toFixed(2)}" y="${y}" width="${Math.max(0.5, width - 0.5).toFixed(2)}" height="${row - 1}"/>${label}</g>`;
}

function rates(entry: ProfileNode['entry']): string {
  if (entry === undefined || entry.seconds <= 0) return '';
  const { calls, flops, bytes, seconds } = entry;
  return `; ${calls} calls, ${(flops / seconds / 1e9).toFixed(1)} GFLOP/s, ${(bytes / seconds / 1e9).toFixed(1)} GB/s`;
}

/** Boxes are outlined in the colour of their kind and filled with a little of it, so that ink is readable on them. */
const style = `${schemes('.rheo-flame')}
.rheo-flame { max-width: 100%; height: auto; }
.rheo-flame text { fill: ${colour('ink')}; pointer-events: none; }
.rheo-flame rect { stroke: ${colour('truth')}; fill: ${colour('truth')}; fill-opacity: .12; stroke-opacity: .5; }
.rheo-flame .product rect { stroke: ${colour('series-0')}; fill: ${colour('series-0')}; fill-opacity: .3; }
.rheo-flame .map rect { stroke: ${colour('series-1')}; fill: ${colour('series-1')}; fill-opacity: .3; }
.rheo-flame .reduce_sum rect, .rheo-flame .reduce_max rect { stroke: ${colour('series-2')}; fill: ${colour('series-2')}; fill-opacity: .3; }
.rheo-flame .scatter_add rect { stroke: ${colour('series-4')}; fill: ${colour('series-4')}; fill-opacity: .3; }
.rheo-flame .pack rect { stroke: ${colour('series-3')}; fill: ${colour('series-3')}; fill-opacity: .3; }
.rheo-flame g:hover rect { fill-opacity: .6; }`;
