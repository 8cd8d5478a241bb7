/**
 * Wirings as a picture: neurons in columns from the inputs to the outputs, synapses between them. Colour, line and end
 * tell polarity (solid and an arrow excites, dashed and a dot inhibits), width and strength of colour tell weight.
 *
 * The SVG stands alone, and follows a viewer that prefers dark. Of wirings with very many synapses the strongest are drawn.
 */

import type { DiagramLayer, DiagramNeuron, DiagramSynapse, WiringDiagram } from '@rheo/layers';
import { escapeText } from './escape-text.ts';

/** More synapses than this would be a grey area. */
const mostDrawn = 2000;

const [left, top, bottom, gap] = [70, 78, 54, 28] as const;
/** Room for the line that explains the strokes. */
const narrowest = 640;

/** Where a neuron is. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly r: number;
  readonly column: number;
  /** From one column to the next. */
  readonly spacing: number;
}

/** The picture of one or more wired layers, one below the other. */
export function wiringPicture(diagrams: readonly WiringDiagram[]): string {
  const panels = diagrams.map(panel);
  const width = Math.max(...panels.map((one) => one.width));
  let y = 0;
  const drawn = panels.map(({ height, content }) => {
    const group = `<g transform="translate(0 ${y})">\n${content}\n</g>`;
    y += height;
    return group;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" class="rheo-wiring" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img">
<title>${escapeText(diagrams.map(headline).join('; '))}</title>
<style>
${style}
</style>
<defs>
<marker id="rheo-excites" class="excites end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5 8 4 0 7.5z"/></marker>
<marker id="rheo-inhibits" class="inhibits end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse"><circle cx="4" cy="4" r="3"/></marker>
</defs>
<rect class="paper" width="${width}" height="${y}"/>
${drawn.join('\n')}
</svg>
`;
}

const style = `.rheo-wiring { --paper: #ffffff; --ink: #1c1c1c; --faint: #6a6a6a; --excites: #0b6cb5; --inhibits: #c24e00; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { .rheo-wiring { --paper: #15181c; --ink: #ececec; --faint: #a8a8a8; --excites: #67b3fa; --inhibits: #ff9a52; } }
.rheo-wiring .paper { fill: var(--paper); }
.rheo-wiring text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.rheo-wiring .headline { font-size: 15px; font-weight: 600; }
.rheo-wiring .faint { fill: var(--faint); }
.rheo-wiring .synapse { fill: none; }
.rheo-wiring .excites { stroke: var(--excites); }
.rheo-wiring .inhibits { stroke: var(--inhibits); stroke-dasharray: 6 3; }
.rheo-wiring .excites.end { fill: var(--excites); stroke: none; }
.rheo-wiring .inhibits.end { fill: var(--inhibits); stroke: none; }
.rheo-wiring .neuron { fill: var(--paper); stroke: var(--ink); stroke-width: 1.2; }
.rheo-wiring .sensory { stroke: var(--faint); }
.rheo-wiring .motor { stroke-width: 2.4; }`;

function panel(diagram: WiringDiagram): { readonly width: number; readonly height: number; readonly content: string } {
  const columns = diagram.layers.flatMap(byType);
  const most = Math.max(...columns.map(({ neurons }) => neurons.length));
  // Long columns move together, as far as circles can be told apart.
  const step = most <= 24 ? 30 : Math.max(11, 720 / most);
  const r = Math.min(11, 0.4 * step);
  const spacing = most <= 24 ? 210 : 320;
  const middle = top + 18 + (most * step) / 2;
  const places = new Map<string, Place>();
  columns.forEach(({ neurons }, at) => {
    neurons.forEach(({ name }, index) => {
      const y = middle + (index - (neurons.length - 1) / 2) * step;
      places.set(name, { x: left + at * spacing, y, r, column: at, spacing });
    });
  });
  // The last column may have arcs on its right.
  const width = Math.max(narrowest, 2 * left + (columns.length - 1) * spacing + 40);
  const height = top + 36 + most * step + bottom;
  const strongest = diagram.synapses.at(-1)?.weight ?? 0;
  // Many lines are drawn finer.
  const pen = Math.max(0.35, Math.min(1, Math.sqrt(150 / diagram.synapses.length)));
  const synapses = diagram.synapses.slice(-mostDrawn).map((synapse) => line(synapse, places, strongest, pen));
  const content = [
    `<text class="headline" x="${gap}" y="32">${escapeText(headline(diagram))}</text>`,
    `<text class="faint" x="${gap}" y="52">${escapeText(remarks(diagram))}</text>`,
    ...columns.map(
      ({ name, neurons }, at) =>
        `<text class="layer" x="${left + at * spacing}" y="${top + 4}" text-anchor="middle">${escapeText(`${neurons.length} ${name}`)}</text>`,
    ),
    ...synapses,
    ...columns.flatMap(({ neurons }) => neurons.map((neuron) => node(neuron, places))),
    key(height - 22, strongest),
  ];
  return { width, height, content: content.join('\n') };
}

/** A layer of motor neurons and others is two columns. */
function byType({ name, neurons }: DiagramLayer): DiagramLayer[] {
  const motor = neurons.filter(({ type }) => type === 'motor');
  const others = neurons.filter(({ type }) => type !== 'motor');
  if (motor.length === 0 || others.length === 0) return [{ name, neurons }];
  return [
    { name, neurons: others },
    { name: `${name}, motor`, neurons: motor },
  ];
}

function line(synapse: DiagramSynapse, places: ReadonlyMap<string, Place>, strongest: number, pen: number): string {
  const { source, target, polarity, weight, drawn } = synapse;
  const [from, to] = [places.get(source), places.get(target)];
  if (from === undefined || to === undefined) return '';
  const part = strongest > 0 ? weight / strongest : 1;
  const sign = polarity > 0 ? 'excites' : 'inhibits';
  const turned = drawn !== undefined && drawn !== polarity ? ', turned in training' : '';
  const text = `${source} ${sign} ${target}, weight ${weight.toPrecision(3)}${turned}`;
  const width = (pen * (0.6 + 3.2 * part)).toFixed(2);
  const strength = (pen * 0.3 + (0.95 - 0.3 * pen) * part ** (1 / pen)).toFixed(2);
  return `<path class="synapse ${sign}" d="${route(from, to)}" stroke-width="${width}" opacity="${strength}" marker-end="url(#rheo-${sign})"><title>${escapeText(text)}</title></path>`;
}

/** The way of a synapse: a curve to another column, an arc beside its own, a loop to itself. */
function route(from: Place, to: Place): string {
  const number = (value: number): string => String(Math.round(10 * value) / 10);
  const curve = (...points: readonly (readonly [number, number])[]): string => {
    const [start, ...rest] = points.map(([x, y]) => `${number(x)} ${number(y)}`);
    return `M${start} C${rest.join(' ')}`;
  };
  const { r } = from;
  if (from === to) {
    const out = from.x + 0.75 * r;
    const reach = from.x + 3.4 * r;
    return curve([out, from.y - 0.7 * r], [reach, from.y - 2 * r], [reach, from.y + 2 * r], [out, from.y + 0.7 * r]);
  }
  if (from.column === to.column) {
    const reach = from.x + r + Math.min(0.42 * from.spacing, 22 + 0.3 * Math.abs(to.y - from.y));
    return curve([from.x + r, from.y], [reach, from.y], [reach, to.y], [to.x + r, to.y]);
  }
  const side = to.column > from.column ? 1 : -1;
  const [x1, x2] = [from.x + side * r, to.x - side * r];
  const bend = 0.4 * (x2 - x1);
  return curve([x1, from.y], [x1 + bend, from.y], [x2 - bend, to.y], [x2, to.y]);
}

function node({ name, type }: DiagramNeuron, places: ReadonlyMap<string, Place>): string {
  const { x, y, r } = places.get(name) ?? { x: 0, y: 0, r: 0 };
  const title = `<title>${escapeText(`${name}, ${type}`)}</title>`;
  const shape =
    type === 'sensory'
      ? `<rect class="neuron sensory" x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}" rx="${r / 4}">${title}</rect>`
      : `<circle class="neuron ${type}" cx="${x}" cy="${y}" r="${r}">${title}</circle>`;
  // A name ends with the place in its layer.
  const place = /\d*$/.exec(name)?.[0] ?? '';
  const size = Math.min(11, 1.1 * r);
  if (size < 6) return shape;
  return `${shape}<text x="${x}" y="${y + 0.36 * size}" text-anchor="middle" style="font-size: ${size}px" pointer-events="none">${place}</text>`;
}

function key(y: number, strongest: number): string {
  const sample = (x: number, sign: string): string =>
    `<path class="synapse ${sign}" d="M${x} ${y - 4} h34" stroke-width="2" marker-end="url(#rheo-${sign})"/><text x="${x + 42}" y="${y}">${sign}</text>`;
  const widest = `<text class="faint" x="${gap + 240}" y="${y}">wider and stronger: more weight, up to ${strongest.toPrecision(3)}</text>`;
  return [sample(gap, 'excites'), sample(gap + 115, 'inhibits'), widest].join('');
}

function headline({ path, kind, layers, synapses }: WiringDiagram): string {
  const neurons = layers.slice(1).reduce((sum, layer) => sum + layer.neurons.length, 0);
  const where = path === '' ? '' : `Layer ${path}: `;
  return `${where}${kind === 'ltc' ? 'LTC' : 'wired CfC'}, ${neurons} neurons, ${synapses.length} synapses`;
}

function remarks({ synapses }: WiringDiagram): string {
  const exciting = synapses.filter(({ polarity }) => polarity > 0).length;
  const turned = synapses.filter(({ polarity, drawn }) => drawn !== undefined && drawn !== polarity).length;
  return [
    `${exciting} excite, ${synapses.length - exciting} inhibit`,
    ...(turned === 0 ? [] : [`${turned} changed sign in training`]),
    ...(synapses.length > mostDrawn ? [`the ${mostDrawn} strongest are drawn`] : []),
  ].join('; ');
}
