/**
 * The report as Markdown, from a record alone: goals with their figures, then every measurement, then how sizes scale.
 */

import type { Result } from '../measure.ts';
import { figure, label, ratioOf } from '../report.ts';
import { bytes, markdownTable } from '../tables/markdown.ts';
import { goalClasses, judge, judgeLimits, type Verdict } from './goals.ts';
import { loadRemark } from './other-load.ts';
import type { BenchRecord, Group } from './record.ts';
import { scalingParts } from './scaling-part.ts';

const unmeasured = 'not measured';
const range = (low: number, high: number): string => `${figure(low)} … ${figure(high)}`;
/** Nothing where an engine does not tell. */
const bytesOf = (count: number | undefined): string => (count === undefined || count === 0 ? '' : bytes(count));
const answer = (met: boolean | undefined): string => (met === undefined ? unmeasured : met ? 'met' : '**missed**');

/** What has to be known to read a figure of a shape. */
const remarks: { readonly [shape: string]: string } = {
  LTC28:
    'The rivals compute all pairs of neurons as dense matrices times a mask, as ncps does; ours computes the synapses of the ' +
    'wiring, which are a quarter of them. Both get the same masks and give the same numbers.',
  NCP: 'The rivals multiply masked matrices of all three layers, as ncps does.',
};

/** The whole page. */
export function benchPage(record: BenchRecord): string {
  const groups = record.groups.toSorted((a, b) => a.where.localeCompare(b.where) * -1);
  const parts = [
    '# Benchmarks',
    introduction(record),
    '## Goals',
    ...goalParts(record),
    '## Measurements in Node',
    ...groups.filter(({ where }) => where === 'Node').flatMap((group) => groupParts(group)),
  ];
  const inPage = groups.filter(({ where }) => where === 'Chromium');
  if (inPage.length > 0)
    parts.push('## Measurements in a page', pageText, ...inPage.flatMap((group) => groupParts(group)));
  parts.push(...memoryParts(record), ...scalingParts(record.scaling));
  return `${parts.join('\n\n')}\n`;
}

const pageText =
  'In headless Chromium, on a page that is isolated across origins, so that its clock has 5 µs; what is shorter is timed many ' +
  'runs at once.';

function introduction({ groups, scaling }: BenchRecord): string {
  const all = [...groups, ...scaling];
  const days = [...new Set(all.map(({ date }) => date))].sort();
  const machines = [...new Set(all.map(({ machine }) => machine))];
  const engines = [...new Set(groups.flatMap(({ results }) => results.flatMap(({ engine }) => engine ?? [])))].sort();
  const when = days.length < 2 ? (days[0] ?? '') : `${days[0]} to ${days.at(-1)}`;
  return [
    `Written by \`pnpm bench --report\`, measured ${when}; \`apps/bench/README.md\` says how. In one run every engine gets a slice of`,
    'time in each of five rounds, after its numbers were checked against a double-precision model. Figures are medians; a ratio is',
    'how many times as long an engine took as Rheo on wasm, round by round: its median, and between which values the rounds lie. Machines',
    'drift, so only figures of one table can be compared. One thread each.',
    '',
    ...machines.map((machine) => `- ${machine}`),
    ...(engines.length === 0 ? [] : [`- ${engines.join(', ')}`]),
  ].join('\n');
}

/** How many of the goals that were measured are met. */
function tally(record: BenchRecord): string {
  const goals = goalClasses.flatMap(({ goals: own }) => own.map((goal) => judge(goal, record.groups)));
  const measured = [...goals, ...judgeLimits(record)].filter(({ met }) => met !== undefined);
  const met = measured.filter((verdict) => verdict.met === true);
  return `${met.length} of the ${measured.length} that were measured are met.`;
}

function goalParts(record: BenchRecord): string[] {
  const { groups } = record;
  const row = ({ goal, ratio, against, met }: Verdict): string[] => [
    `${goal.shape}${goal.mode === goal.shape ? '' : ` ${goal.mode}`}`,
    `≥ ${goal.atLeast}×`,
    ratio === undefined ? '' : `${figure(ratio.median)}×`,
    ratio === undefined ? '' : range(ratio.low, ratio.high),
    against === undefined ? '' : (against.engine ?? against.name),
    answer(met),
  ];
  const tables = goalClasses.flatMap(({ title, goals }) => [
    `### ${title}`,
    markdownTable(
      ['shape', 'goal', 'ratio', 'by round', 'against', 'goal is'],
      goals.map((goal) => row(judge(goal, groups))),
    ),
  ]);
  const limits = judgeLimits(record).map(({ title, limit, unit, found, worst, met }) => {
    const text = (value: number): string =>
      unit === 'ms' ? `${figure(value)} ms` : `${(value / 1024).toFixed(1)} KiB`;
    const place = worst === undefined ? '' : `, at worst (${worst})`;
    return [title, `≤ ${text(limit)}`, found === undefined ? '' : `${text(found)}${place}`, answer(met)];
  });
  return [
    tally(record),
    ...tables,
    '### Compile time and size',
    markdownTable(['what', 'limit', 'found', 'limit is'], limits),
  ];
}

/** What training steps of ours take up beside what their plans say. */
function memoryParts({ groups }: BenchRecord): string[] {
  const rows = groups.flatMap(({ where, shape, results }) =>
    results.flatMap((result) => {
      const { name, workspaceBytes, plannedBytes, memoryBytes } = result;
      if (where !== 'Node' || plannedBytes === undefined || memoryBytes === undefined) return [];
      const share = `${figure(memoryBytes / plannedBytes)}×`;
      return [[`${shape}, ${name}`, bytesOf(workspaceBytes), bytesOf(plannedBytes), bytesOf(memoryBytes), share]];
    }),
  );
  return rows.length === 0
    ? []
    : ['## Memory of training', memoryText, markdownTable(['shape', 'workspace', 'planned', 'taken', 'ratio'], rows)];
}

const memoryText =
  'Planned is the workspace with all tensors that are there at once: parameters, moments, inputs, and the results before what ' +
  'they replace is freed. Taken is what the backend has of the system; WebAssembly memory grows in pages, by a thirty-second at a ' +
  'time, and what was not touched costs nothing.';

function groupParts({ shape, mode, results, refusals, busyCores }: Group): string[] {
  const base = results.find(({ kind }) => kind === 'backend') ?? results[0];
  if (base === undefined) return [];
  const row = (result: Result): string[] => {
    const ratio = ratioOf(result, base);
    return [
      `${label(result)}${result.threads === undefined ? '' : `, ${result.threads} threads`}`,
      figure(result.usPerStep),
      `${figure(ratio.median)}×`,
      result === base ? '' : range(ratio.low, ratio.high),
      result.builtMs === undefined ? '' : figure(result.builtMs),
      figure(result.compileMs),
      bytesOf(result.memoryBytes),
      bytesOf(result.workspaceBytes),
      String(result.runs),
    ];
  };
  const head = [
    'engine',
    'µs a step',
    `of ${label(base)}`,
    'by round',
    'compiled, ms',
    'first result, ms',
    'memory',
    'workspace',
    'runs',
  ];
  const sorted = results.toSorted((a, b) => a.usPerStep - b.usPerStep);
  // Rivals that cannot do it are told by the README; here stands what went wrong.
  const failed = refusals.filter((refusal) => refusal.failed).map(({ name, reason }) => `${name}: ${reason}`);
  const remark = remarks[shape];
  const load = loadRemark(busyCores);
  return [
    `### ${shape}${mode === shape ? '' : `, ${mode}`}`,
    markdownTable(head, sorted.map(row)),
    ...(remark === undefined ? [] : [remark]),
    ...(load === undefined ? [] : [load]),
    ...(failed.length === 0 ? [] : [`Without a figure: ${failed.join('; ')}.`]),
  ];
}
