/**
 * LTC computed dense against computed over the list of its synapses (edges), and what `sparse: "auto"` makes of each
 * wiring: time per step and memory, over densities and sizes. All three must give the same numbers.
 */
import type { Wiring } from '@rheo/layers';
import { autoNcp, ltc, randomWiring } from '@rheo/layers';
import { figure } from '../report.ts';
import { bytes, markdownTable } from './markdown.ts';
import type { Candidate, Row, RowMode } from './row.ts';
import { timeRows } from './row.ts';
import type { Table } from './table.ts';
import { rounded } from './table.ts';

/** A wiring and its name in the table. */
export interface SparseCase {
  readonly name: string;
  readonly wiring: Wiring;
}

const random = (units: number, density: number): SparseCase => ({
  name: `random ${units}, ${density}`,
  wiring: randomWiring(units, { sparsity: 1 - density, seed: 7 }),
});

const cases: readonly SparseCase[] = [
  { name: 'AutoNCP 28, 4', wiring: autoNcp(28, 4) },
  { name: 'AutoNCP 64, 8', wiring: autoNcp(64, 8) },
  { name: 'AutoNCP 128, 16', wiring: autoNcp(128, 16) },
  ...[0.25, 0.5, 0.75].map((density) => random(28, density)),
  ...[0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 1].map((density) => random(64, density)),
  ...[0.1, 0.25, 0.5, 0.75].map((density) => random(128, density)),
];

const shared = { batch: 32, steps: 16, features: 8 } as const;
const forms = ['dense', 'edges', 'auto'] as const;
const modes: readonly RowMode[] = ['infer', 'train'];

/** `auto` is slower than the faster form by more than this: the wrong choice, and not the clock. */
const noise = 1.1;

/** The three forms of a wiring in one mode. */
export interface SparseResult {
  readonly name: string;
  readonly mode: RowMode;
  /** Share of the synapses that exist, between neurons and from inputs. */
  readonly inner: number;
  readonly sensory: number;
  readonly dense: Row;
  readonly edges: Row;
  readonly auto: Row;
}

/** The form that `auto` took; programs of one form need the same memory. "both": one for inputs, one for neurons. */
export function takes({ dense, edges, auto }: SparseResult): 'dense' | 'edges' | 'both' {
  if (auto.workspaceBytes === edges.workspaceBytes) return 'edges';
  return auto.workspaceBytes === dense.workspaceBytes ? 'dense' : 'both';
}

/** Time of the form that `auto` took by that of the faster form; at least 1 unless it took both. */
export function excess(result: SparseResult): number {
  const form = takes(result);
  const taken = form === 'both' ? result.auto : result[form];
  return taken.usPerStep / Math.min(result.dense.usPerStep, result.edges.usPerStep);
}

async function measureCase(
  { name, wiring }: SparseCase,
  mode: RowMode,
  effort: Parameters<typeof timeRows>[3],
): Promise<SparseResult> {
  const built = wiring.build(shared.features);
  const candidates = forms.map((sparse): Candidate => ({ name: sparse, model: () => ltc({ wiring, sparse }) }));
  const [dense, edges, auto] = await timeRows(candidates, { units: wiring.units, ...shared }, mode, effort);
  if (dense === undefined || edges === undefined || auto === undefined) throw new Error('bench: a form is missing');
  for (const other of [edges, auto]) {
    const worst = dense.values.reduce(
      (most, right, at) => Math.max(most, Math.abs(right - (other.values[at] ?? Number.NaN))),
      0,
    );
    if (!(worst <= 1e-4)) throw new Error(`bench: ${name} (${mode}): ${other.name} differs from dense by ${worst}`);
  }
  const inner = built.synapseCount / wiring.units ** 2;
  return {
    name,
    mode,
    inner,
    sensory: built.sensorySynapseCount / (wiring.units * shared.features),
    dense,
    edges,
    auto,
  };
}

/** One object per wiring and mode. */
export function sparseLine(result: SparseResult): object {
  const { name, mode, inner, sensory } = result;
  const figures = forms.slice(0, 2).map((form) => [
    form,
    {
      us_per_step: rounded(result[form].usPerStep),
      workspace_bytes: result[form].workspaceBytes,
      runs: result[form].runs,
    },
  ]);
  const density = { neurons: rounded(inner), inputs: rounded(sensory) };
  return {
    table: 'sparse',
    wiring: name,
    mode,
    density,
    ...Object.fromEntries(figures),
    auto: takes(result),
    auto_excess: rounded(excess(result)),
  };
}

/** The table of one mode. */
export function sparseMarkdown(mode: RowMode, results: readonly SparseResult[]): string {
  const rows = results
    .filter((result) => result.mode === mode)
    .map((result) => [
      result.name,
      result.inner.toFixed(2),
      result.sensory.toFixed(2),
      ...forms.slice(0, 2).map((form) => figure(result[form].usPerStep)),
      `${figure(result.dense.usPerStep / result.edges.usPerStep)}×`,
      takes(result),
      ...forms.slice(0, 2).map((form) => bytes(result[form].workspaceBytes)),
    ]);
  const time = mode === 'infer' ? 'Step' : 'Training step';
  const heading = [
    'wiring',
    'neurons',
    'inputs',
    'dense, µs',
    'edges, µs',
    'dense by edges',
    'auto takes',
    'memory, dense',
    'memory, edges',
  ];
  return `## ${time}\n\n${markdownTable(heading, rows)}`;
}

/** Whether `auto` took the faster form everywhere. */
export function sparseVerdict(results: readonly SparseResult[]): string {
  const wrong = results.filter((result) => excess(result) > noise);
  const good = `\`auto\` took the faster form, or one at most ${Math.round((noise - 1) * 100)} % slower, in`;
  if (wrong.length === 0) return `${good} all ${results.length} rows.`;
  const list = wrong.map((result) => `${result.name} (${result.mode}, ${figure(excess(result))}×)`).join('; ');
  return `${good} ${results.length - wrong.length} of ${results.length} rows. In the others: ${list}.`;
}

/** In how many rows the list of synapses needs more memory than the dense form, and how much at most. */
export function memoryVerdict(results: readonly SparseResult[]): string {
  const ratios = results.map(({ dense, edges }) => edges.workspaceBytes / dense.workspaceBytes);
  const more = ratios.filter((ratio) => ratio > 1);
  const most = more.length === 0 ? '' : `, up to ${figure(Math.max(...more))} times as much`;
  return `Edges need more memory than dense in ${more.length} of ${results.length} rows${most}.`;
}

const method = `Median time per time step of LTC with 6 unfolds at batch ${shared.batch}, ${shared.steps} steps and ${shared.features} features, the three
forms of a wiring interleaved. "neurons" and "inputs" are the shares of possible synapses that exist; memory is what the
compiled program works in, without parameters, inputs and results. \`sparse: "auto"\` takes edges for a set of synapses
of which fewer than half exist, separately for neurons and inputs. A wired CfC has no form over edges: it multiplies
masked matrices.`;

export const sparseTable: Table = {
  name: 'sparse',
  title: 'LTC: dense or over its synapses',
  measure: async (effort, tell) => {
    const results: SparseResult[] = [];
    for (const mode of modes) {
      for (const one of cases) {
        tell(`${one.name}, ${mode}`);
        results.push(await measureCase(one, mode, effort));
      }
    }
    return {
      lines: results.map(sparseLine),
      parts: [
        method,
        ...modes.map((mode) => sparseMarkdown(mode, results)),
        `## The choice\n\n${sparseVerdict(results)}\n${memoryVerdict(results)}`,
      ],
    };
  },
};
