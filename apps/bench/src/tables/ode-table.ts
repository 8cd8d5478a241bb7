/**
 * CfC against models that solve a differential equation, at equal size: the paper's claim of one to five orders of
 * magnitude, as measured here. Ratios are against CfC, mode default, of the same table.
 *
 * "Equal size" is equal units, batch, steps and features; parameters differ and stand beside the figures.
 */
import { cfc, ctRnn, gruOde, ltc, odeLstm, odeRnn } from '@rheo/layers';
import { figure } from '../report.ts';
import { bytes, markdownTable } from './markdown.ts';
import type { Candidate, Row, RowMode, Size } from './row.ts';
import { timeRows } from './row.ts';
import type { Table } from './table.ts';
import { rounded } from './table.ts';

/** A size, and how fine explicit solvers must be for LTC at it: fewer steps are unstable, fewer attempts do not end. */
export interface OdeSize extends Size {
  readonly rk4Steps: number;
  readonly attempts: number;
}

const sizes: readonly OdeSize[] = [
  { units: 32, batch: 32, steps: 32, features: 5, rk4Steps: 12, attempts: 16 },
  { units: 64, batch: 16, steps: 16, features: 17, rk4Steps: 20, attempts: 24 },
];

const base = 'CfC';
const ltcAdaptive = 'LTC, Dormand–Prince';

/** Enough attempts for the other models. */
const adaptive = { solver: 'dormand-prince', maxSteps: 8 } as const;

/** The models of a size; the first is what ratios are taken against. */
export function odeCandidates({ units, rk4Steps, attempts }: OdeSize): readonly Candidate[] {
  return [
    { name: base, model: () => cfc({ units }) },
    { name: 'CfC, no_gate', model: () => cfc({ units, mode: 'no_gate' }) },
    { name: 'CfC, pure', model: () => cfc({ units, mode: 'pure' }) },
    { name: `CfC, backbone of ${units}`, model: () => cfc({ units, backboneUnits: units }) },
    { name: 'LTC, semi-implicit, 6 steps', model: () => ltc({ units }) },
    { name: `LTC, RK4, ${rk4Steps} steps`, model: () => ltc({ units, solver: 'rk4', odeUnfolds: rk4Steps }) },
    { name: ltcAdaptive, model: () => ltc({ units, ...adaptive, maxSteps: attempts }) },
    { name: 'ODE-RNN, RK4, 3 steps', model: () => odeRnn({ units }) },
    { name: 'ODE-RNN, Dormand–Prince', model: () => odeRnn({ units, ...adaptive }) },
    { name: 'GRU-ODE, Euler, 4 steps', model: () => gruOde({ units }) },
    { name: 'GRU-ODE, Dormand–Prince', model: () => gruOde({ units, ...adaptive }) },
    { name: 'ODE-LSTM, RK4, 3 steps', model: () => odeLstm({ units }) },
    { name: 'ODE-LSTM, Dormand–Prince', model: () => odeLstm({ units, ...adaptive }) },
    { name: 'CT-RNN, RK4, 3 steps', model: () => ctRnn({ units }) },
    { name: 'CT-RNN, Dormand–Prince', model: () => ctRnn({ units, ...adaptive }) },
  ];
}

const modes: readonly RowMode[] = ['infer', 'train'];

/** Times of one size, both modes in the order of the candidates. */
export interface OdeResult {
  readonly size: OdeSize;
  readonly infer: readonly Row[];
  readonly train: readonly Row[];
}

const ratio = (rows: readonly Row[], row: Row): number => row.usPerStep / (rows[0]?.usPerStep ?? Number.NaN);

/** One object per figure. */
export function odeLines({ size, ...rows }: OdeResult): readonly object[] {
  const { units, batch, steps, features } = size;
  return modes.flatMap((mode) =>
    rows[mode].map((row) => ({
      table: 'ode',
      model: row.name,
      mode,
      units,
      batch,
      steps,
      features,
      parameters: row.parameters,
      us_per_step: rounded(row.usPerStep),
      of_cfc: rounded(ratio(rows[mode], row)),
      workspace_bytes: row.workspaceBytes,
      compile_ms: rounded(row.compileMs),
      runs: row.runs,
    })),
  );
}

/** The table of one size. */
export function odeMarkdown({ size, infer, train }: OdeResult): string {
  const { units, batch, steps, features } = size;
  const rows = infer.map((row, index) => {
    const trained = train[index] ?? row;
    return [
      row.name,
      String(row.parameters),
      figure(row.usPerStep),
      `${figure(ratio(infer, row))}×`,
      figure(trained.usPerStep),
      `${figure(ratio(train, trained))}×`,
      bytes(trained.workspaceBytes),
    ];
  });
  const heading = ['model', 'parameters', 'step, µs', 'of CfC', 'training step, µs', 'of CfC', 'memory, training'];
  const size1 = `${units} units, batch ${batch}, ${steps} steps, ${features} features`;
  return `## ${size1}\n\n${markdownTable(heading, rows)}\n\n${ltcErrors(infer)}`;
}

/** How far the other solutions of LTC are from the adaptive one. */
function ltcErrors(infer: readonly Row[]): string {
  const truth = infer.find(({ name }) => name === ltcAdaptive)?.values ?? new Float32Array();
  const found = infer
    .filter(({ name }) => name.startsWith('LTC') && name !== ltcAdaptive)
    .map(({ name, values }) => {
      const worst = truth.reduce((most, right, at) => Math.max(most, Math.abs(right - (values[at] ?? Number.NaN))), 0);
      return `${name}: ${worst.toPrecision(2)}`;
    });
  return `Largest difference of an output from ${ltcAdaptive}: ${found.join('; ')}.`;
}

/** What the figures say of the claim; every number in it comes from the results. */
export function odeVerdict(results: readonly OdeResult[]): string {
  const ratios = results.flatMap((result) =>
    modes.flatMap((mode) =>
      result[mode]
        .filter(({ name }) => !name.startsWith('CfC'))
        .map((row) => ({ name: row.name, ratio: ratio(result[mode], row) })),
    ),
  );
  const [least, ...rest] = ratios.toSorted((a, b) => a.ratio - b.ratio);
  const most = rest.at(-1) ?? least;
  if (least === undefined || most === undefined) return '';
  const names = [...new Set(ratios.map(({ name }) => name.replace(/, \d+ steps/, '')))];
  const where = (holds: (orders: readonly number[]) => boolean): string[] =>
    names.filter((name) =>
      holds(ratios.filter((one) => one.name.replace(/, \d+ steps/, '') === name).map((one) => Math.log10(one.ratio))),
    );
  const list = (found: readonly string[]): string => (found.length === 0 ? 'none' : found.join('; '));
  const orders = Math.log10(most.ratio);
  return [
    'The paper claims that CfC is one to five orders of magnitude faster than models based on ODEs.',
    `Measured here, with every model compiled by the same compiler, those models take ${figure(least.ratio)} to`,
    `${figure(most.ratio)} times CfC's time, ${orders.toFixed(1)} orders at most.`,
    narrow(results),
    `One order or more in every column: ${list(where((all) => all.every((order) => order >= 1)))}.`,
    `In some columns only: ${list(where((all) => all.some((o) => o >= 1) && !all.every((o) => o >= 1)))}.`,
    `In none: ${list(where((all) => all.every((order) => order < 1)))}.`,
    orders < 5
      ? 'So the claim holds for the models of the first list, at its lower orders; five are not seen here.'
      : '',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** What a CfC costs whose backbone is no wider than its state. */
function narrow(results: readonly OdeResult[]): string {
  const found = results
    .flatMap((result) => modes.flatMap((mode) => result[mode].map((row) => ({ row, of: ratio(result[mode], row) }))))
    .filter(({ row }) => row.name.startsWith('CfC, backbone of'))
    .map(({ of }) => of);
  if (found.length === 0) return '';
  const [low, high] = [Math.min(...found), Math.max(...found)];
  return `A CfC whose backbone is no wider than its state takes ${figure(low)} to ${figure(high)} of CfC's time.`;
}

/** Says how to read the figures. */
const method = `Medians, all models interleaved in one run. A step is the forward pass over the sequence divided by its steps; a
training step is forward, backward of mean(y²) through time and an Adam update, divided by the same. Models have equal
units, batch, steps and features, and elapsed times drawn from 0.5 to 1.5. Their parameters differ, because CfC has a
backbone of 128 units where none is named. Fixed steps are each model's default. LTC is wired all
to all and starts as its original does, where its equation is stiff: RK4 has the fewest steps (of 4, 8, 12 …) at which
it is stable. Dormand–Prince has tolerances 1e-3 and 1e-6 and always makes all attempts that it is allowed, the fewest
(of 8, 16, 24 …) with which every row finishes.`;

export const odeTable: Table = {
  name: 'ode',
  title: 'CfC against models that solve differential equations',
  measure: async (effort, tell) => {
    const results: OdeResult[] = [];
    for (const size of sizes) {
      const timed = { infer: [] as readonly Row[], train: [] as readonly Row[] };
      for (const mode of modes) {
        tell(`${size.units} units, ${mode}`);
        timed[mode] = await timeRows(odeCandidates(size), size, mode, effort);
      }
      results.push({ size, ...timed });
    }
    return {
      lines: results.flatMap(odeLines),
      parts: [method, ...results.map(odeMarkdown), `## What it shows\n\n${odeVerdict(results)}`],
    };
  },
};
